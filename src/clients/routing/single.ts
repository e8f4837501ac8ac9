import type { Push } from '../../connection/connection.js'
import type { Node } from '../../connection/node.js'
import type { Loan } from '../../connection/registry.js'
import { ClosedError } from '../../errors.js'
import { plainTopology, type TopologySnapshot } from '../client.js'
import type { Router } from './router.js'

/** Everything goes to one node; it connects when it is first used. */
export class SingleRouter implements Router {
  readonly name: string
  readonly settling: boolean = false
  readonly #loan: Loan<Node>
  readonly #node: Node
  #closed = false

  constructor(loan: Loan<Node>) {
    this.#loan = loan
    this.#node = loan.value
    this.name = loan.value.address
  }

  pick(): Node {
    if (this.#closed) throw new ClosedError(this.name)
    return this.#node
  }

  failed(): void {}

  topology(): TopologySnapshot {
    return { ...plainTopology, primary: this.#node.address }
  }

  onTopology(): () => void {
    return () => {}
  }

  onPush(listener: (push: Push, node: Node, generation: number) => void): () => void {
    return this.#node.pool.onPush((push, generation) => listener(push, this.#node, generation))
  }

  onLost(listener: (node: Node, generation: number) => void): () => void {
    return this.#node.pool.onLost((_, generation) => listener(this.#node, generation))
  }

  close(): Promise<void> {
    this.#closed = true
    return this.#loan.release()
  }

  destroy(reason: Error): void {
    this.#closed = true
    void this.#loan.release(reason)
  }
}
