import type { Reply, Role } from '../../src/connection/connection.js'
import { Listeners } from '../../src/connection/listeners.js'
import { Node } from '../../src/connection/node.js'
import type { Pool, PoolHealth } from '../../src/connection/pool.js'

/** What a pool sees of its server, as the test says. */
export class FakeHealth implements PoolHealth {
  silence = 0
  unresponsive = false
  writesPaused = false
  roundTrip: number | undefined = undefined
  zone: string | undefined = undefined
  ip: string | undefined = undefined
  readonly #changed = new Listeners<[]>()
  readonly #heard = new Set<() => void>()

  onChange(listener: () => void): () => void {
    return this.#changed.add(listener)
  }

  onceHeard(listener: () => void): void {
    this.#heard.add(listener)
  }

  /** Sets what is seen, and tells those who listen. */
  change(seen: Partial<Pick<PoolHealth, 'unresponsive' | 'writesPaused'>>): void {
    Object.assign(this, seen)
    this.#changed.tell()
  }

  /** A sign of life comes. */
  hear(): void {
    this.silence = 0
    const listeners = [...this.#heard]
    this.#heard.clear()
    for (const listener of listeners) listener()
  }
}

/** A pool without sockets: what it has in flight, and whether it can connect, is up to the test. */
export class IdlePool implements Pool {
  pending = 0
  connected = true
  readonly health = new FakeHealth()
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
    this.connected = false
    for (const listener of this.#lost) listener(reason, 1)
  }

  async close(): Promise<void> {}

  destroy(): void {}
}

/** A node for routing: `up` at once, with so many commands in flight. */
export async function nodeUp(port: number, role: Role, pending = 0): Promise<Node> {
  const node = nodeDown(port, role)
  idlePoolOf(node).pending = pending
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
  idlePoolOf(node).lose()
}

/** What its pool sees of its server, for the test to change. */
export function healthOf(node: Node): FakeHealth {
  return idlePoolOf(node).health
}

function idlePoolOf({ pool }: Node): IdlePool {
  if (pool instanceof IdlePool) return pool
  throw new Error('the node has another pool than an idle one')
}
