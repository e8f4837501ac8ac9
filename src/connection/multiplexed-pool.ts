import { ClosedError, PoolTimeoutError } from '../errors.js'
import { monotonicClock, type Milliseconds } from '../units.js'
import {
  addressOf,
  type Connection,
  type EncodedCommand,
  type ExecuteOptions,
  type Push,
  type Reply,
} from './connection.js'
import type { ConnectionFactory } from './factory.js'
import { setTimeout as sleep } from 'node:timers/promises'
import { limited } from './limit.js'
import { Listeners } from './listeners.js'
import { Waiters } from './waiters.js'
import type { Lease, Pool, PoolOptions, PoolTarget } from './pool.js'

/**
 * Shares few connections between all commands to one node: 1 by default, another when all are busy, up to the bound.
 * One dial at a time, and after a failed one a pause, so that a dead node is not hammered.
 */
export class MultiplexedPool implements Pool {
  readonly #target: PoolTarget
  readonly #factory: ConnectionFactory
  readonly #most: number
  readonly #pushListeners = new Listeners<[push: Push, generation: number]>()
  readonly #lostListeners = new Listeners<[reason: Error, generation: number]>()
  readonly #leases = new Set<Connection>()
  readonly #ended = new AbortController()
  readonly #waiters: Waiters<Connection>
  #connections: readonly Connection[] = []
  #dialling: Promise<Connection> | undefined
  #failedAt = -Infinity

  constructor(target: PoolTarget, factory: ConnectionFactory, { connections }: PoolOptions) {
    this.#target = target
    this.#factory = factory
    this.#most = connections
    this.#waiters = new Waiters(monotonicClock, (waited) => this.#late(waited))
  }

  get pending(): number {
    let pending = 0
    for (const connection of this.#connections) pending += connection.pending
    return pending
  }

  async connect(): Promise<void> {
    if (this.#connections.length === 0) await this.#dial()
  }

  execute(command: EncodedCommand, options: ExecuteOptions): Promise<Reply> {
    const connection = this.#leastBusy()
    return connection === undefined
      ? this.#awaitConnection(options).then((opened) => opened.execute(command, options))
      : connection.execute(command, options)
  }

  batch(commands: readonly EncodedCommand[], options: ExecuteOptions): Promise<Reply[]> {
    const connection = this.#leastBusy()
    return connection === undefined
      ? this.#awaitConnection(options).then((opened) => opened.batch(commands, options))
      : connection.batch(commands, options)
  }

  async lease({ deadline, signal = never }: ExecuteOptions): Promise<Lease> {
    const left = Math.max(0, deadline - monotonicClock.now())
    const late = (): Error => this.#late(left)
    const connect = (limit: AbortSignal): Promise<Connection> =>
      this.#factory.connect(this.#target, this.#target.role, limit)
    const connection = await limited(signal, left, late, connect)
    if (this.#ended.signal.aborted) connection.destroy()
    this.#leases.add(connection)
    connection.onLost(() => this.#leases.delete(connection))
    return { connection, release: () => connection.destroy() }
  }

  onPush(listener: (push: Push, generation: number) => void): () => void {
    return this.#pushListeners.add(listener)
  }

  onLost(listener: (reason: Error, generation: number) => void): () => void {
    return this.#lostListeners.add(listener)
  }

  async close(): Promise<void> {
    this.#end(new ClosedError(addressOf(this.#target)))
    await Promise.all([...this.#connections, ...this.#leases].map((connection) => connection.close()))
  }

  destroy(reason: Error = new ClosedError(addressOf(this.#target))): void {
    this.#end(reason)
    for (const connection of [...this.#connections, ...this.#leases]) connection.destroy(reason)
  }

  #end(reason: Error): void {
    if (!this.#ended.signal.aborted) this.#ended.abort(reason)
  }

  /** An open connection, the one with the least to do; opens another beside it when all are busy. */
  #leastBusy(): Connection | undefined {
    let least = this.#connections[0]
    for (const connection of this.#connections) if (connection.pending < (least?.pending ?? 0)) least = connection
    if (least !== undefined && least.pending > 0 && this.#connections.length < this.#most) this.#dial().catch(() => {})
    return least
  }

  #awaitConnection(options: ExecuteOptions): Promise<Connection> {
    this.#dial().catch(() => {})
    return this.#waiters.wait(options)
  }

  #late(waited: Milliseconds): Error {
    return new PoolTimeoutError(
      addressOf(this.#target),
      `no connection within ${Math.round(waited)} ms; is the server up?`,
    )
  }

  #dial(): Promise<Connection> {
    return (this.#dialling ??= this.#open().finally(() => (this.#dialling = undefined)))
  }

  async #open(): Promise<Connection> {
    const { signal } = this.#ended
    try {
      const pause = this.#failedAt + pauseAfterFailure - monotonicClock.now()
      if (pause > 0) await sleep(pause, undefined, { signal })
      signal.throwIfAborted()
      const connection = await this.#factory.connect(this.#target, this.#target.role, signal)
      this.#adopt(connection)
      return connection
    } catch (error) {
      this.#failedAt = monotonicClock.now()
      const reason: unknown = signal.aborted ? signal.reason : error
      this.#waiters.fail(reason)
      throw reason
    }
  }

  #adopt(connection: Connection): void {
    if (this.#ended.signal.aborted) return connection.destroy(this.#ended.signal.reason as Error)
    this.#connections = [...this.#connections, connection]
    connection.onPush((push) => this.#pushListeners.tell(push, connection.generation))
    connection.onLost((reason) => {
      this.#connections = this.#connections.filter((other) => other !== connection)
      this.#lostListeners.tell(reason, connection.generation)
    })
    this.#waiters.serve(connection)
  }
}

const never = new AbortController().signal
/** Between a dial that failed and the next, in ms. */
const pauseAfterFailure: Milliseconds = 100
