import type { Push } from '../../connection/connection.js'
import type { Node } from '../../connection/node.js'
import type { Loan } from '../../connection/registry.js'
import { ClosedError, CommandTimeoutError, ConnectionError } from '../../errors.js'
import type { Clock, Milliseconds } from '../../units.js'
import { plainTopology, type TopologySnapshot } from '../client.js'
import { Outage } from './outage.js'
import type { Router } from './router.js'
import { viewOf } from './snapshot.js'

/**
 * Everything goes to one node; it connects when it is first used, and is kept up from then on. While it answers nobody
 * for `patience`, calls are refused at once.
 */
export class SingleRouter implements Router {
  readonly name: string
  readonly settling: boolean = false
  readonly #loan: Loan<Node>
  readonly #node: Node
  readonly #clock: Clock
  readonly #outage: Outage
  readonly #unsubscribe: () => void
  #wantedAt: Milliseconds | undefined
  #closed = false

  constructor(loan: Loan<Node>, patience: Milliseconds, clock: Clock) {
    this.#loan = loan
    this.#node = loan.value
    this.name = loan.value.address
    this.#clock = clock
    this.#outage = new Outage(patience, clock, () => {})
    this.#unsubscribe = this.#node.onChange(() => this.#judgeOutage())
  }

  pick(): Node {
    if (this.#closed) throw new ClosedError(this.name)
    if (this.#wantedAt === undefined) this.#want()
    if (this.#outage.lasting) throw this.#refusal()
    return this.#node
  }

  failed(node: Node, error: unknown): void {
    if (error instanceof CommandTimeoutError && error.sent) node.doubt(error)
  }

  topology(): TopologySnapshot {
    const node = viewOf(this.#node, 'primary', undefined)
    return { ...plainTopology, state: this.#works ? 'steady' : 'suspect', primary: node.address, nodes: [node] }
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
    this.#stop()
    return this.#loan.release()
  }

  destroy(reason: Error): void {
    this.#stop()
    void this.#loan.release(reason)
  }

  #want(): void {
    this.#wantedAt = this.#clock.now()
    this.#node.keepUp()
  }

  #judgeOutage(): void {
    const since = Math.max(this.#wantedAt ?? 0, this.#node.usefulUntil)
    this.#outage.update(this.#works ? undefined : since)
  }

  #stop(): void {
    this.#closed = true
    this.#unsubscribe()
    this.#outage.end()
  }

  /** One that is being connected for the first time has not failed. */
  get #works(): boolean {
    return this.#node.state === 'up' || this.#node.lastError === undefined
  }

  #refusal(): unknown {
    const { lastError, state } = this.#node
    if (state === 'down') return lastError
    return new ConnectionError(this.name, 'does not answer; is it overloaded, or frozen?', { cause: lastError })
  }
}
