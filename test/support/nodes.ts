import type { Reply, Role } from '../../src/connection/connection.js'
import { Node } from '../../src/connection/node.js'
import type { Pool } from '../../src/connection/pool.js'

/** A pool without sockets: what it has in flight, and whether it can connect, is up to the test. */
export class IdlePool implements Pool {
  pending = 0
  connecting: Promise<void> = Promise.resolve()
  readonly #lost = new Set<(reason: Error, generation: number) => void>()

  connect(): Promise<void> {
    return this.connecting
  }

  async execute(): Promise<Reply> {
    throw new Error('an idle pool runs nothing')
  }

  async batch(): Promise<Reply[]> {
    throw new Error('an idle pool runs nothing')
  }

  async lease(): Promise<never> {
    throw new Error('an idle pool lends nothing')
  }

  onPush(): () => void {
    return () => {}
  }

  onLost(listener: (reason: Error, generation: number) => void): () => void {
    this.#lost.add(listener)
    return () => this.#lost.delete(listener)
  }

  /** Its connection is gone, and there is no other. */
  lose(reason = new Error('lost')): void {
    this.connecting = new Promise(() => {})
    for (const listener of this.#lost) listener(reason, 1)
  }

  async close(): Promise<void> {}

  destroy(): void {}
}

/** A node for routing: `up` at once, with so many commands in flight. */
export async function nodeUp(port: number, role: Role, pending = 0): Promise<Node> {
  const node = nodeDown(port, role)
  ;(node.pool as IdlePool).pending = pending
  node.keepUp()
  await Promise.resolve()
  if (node.state !== 'up') throw new Error('the node was expected to be up')
  return node
}

/** A node that is not connected yet. */
export function nodeDown(port: number, role: Role): Node {
  return new Node({ host: role, port, role }, new IdlePool())
}

/** It loses its connection. */
export function takeDown(node: Node): void {
  ;(node.pool as IdlePool).lose()
}
