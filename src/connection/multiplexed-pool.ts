import { setTimeout as sleep } from 'node:timers/promises'
import { ClosedError, ConnectionError, PoolTimeoutError } from '../errors.js'
import type { PoolUsage } from '../telemetry/call-meters.js'
import type { Milliseconds } from '../units.js'
import { dialPause, isPermanent } from './back-off.js'
import {
  addressOf,
  isObservable,
  type Connection,
  type EncodedCommand,
  type ExecuteOptions,
  type ObservableConnection,
  type Push,
  type Reply,
  type Role,
  type Touch,
} from './connection.js'
import { loopClock } from './deadlines.js'
import type { ConnectionFactory } from './factory.js'
import { limited } from './limit.js'
import { Listeners } from './listeners.js'
import type { Lease, LeaseLimits, Pool, PoolHealth, PoolOptions, PoolTarget } from './pool.js'
import { ServerHealth } from './server-health.js'
import { SilenceProbe } from './silence-probe.js'
import { SocketOrder } from './socket-order.js'
import { Waiters } from './waiters.js'

/**
 * Shares few connections between all commands to one node, 1 by default.
 * One dial at a time, and after a failed one a pause, so that a dead node is not hammered. Beside a connection that is
 * silent a second one is opened, which finds out why (`silence-probe.ts`).
 */
export class MultiplexedPool implements Pool {
  readonly health: PoolHealth
  readonly #health: ServerHealth
  readonly #target: PoolTarget
  readonly #factory: ConnectionFactory
  readonly #ownFactory: ConnectionFactory
  readonly #options: PoolOptions
  readonly #pushListeners = new Listeners<[push: Push, generation: number]>()
  readonly #lostListeners = new Listeners<[reason: Error, generation: number]>()
  readonly #ended = new AbortController()
  readonly #waiters = new Waiters<undefined>((waited) => this.#late(waited))
  readonly #leases: LeaseLimit
  readonly #probes = new Map<Connection, SilenceProbe>()
  /** Connections whose writes the server holds back, each with the one that carries the reads meanwhile. */
  readonly #paused = new Map<Connection, Connection>()
  readonly #order: SocketOrder | undefined
  readonly #relayed = new WeakSet<Connection>()
  #connections: readonly Connection[] = []
  #dialling: Promise<Connection> | undefined
  #lastError: unknown
  #failures = 0
  #notBefore = -Infinity

  /** @param ownFactory opens the connections that are lent. @default `factory` */
  constructor(
    target: PoolTarget,
    factory: ConnectionFactory,
    options: PoolOptions,
    ownFactory: ConnectionFactory = factory,
  ) {
    this.#target = target
    this.#factory = factory
    this.#ownFactory = ownFactory
    this.#options = options
    this.#leases = new LeaseLimit(options.leases, addressOf(target))
    this.#health = new ServerHealth(() => this.#sharedSockets)
    this.health = this.#health
    if (options.connections > 1)
      this.#order = new SocketOrder(addressOf(target), options.connections, this.#paused, (waited) =>
        this.#late(waited),
      )
  }

  get pending(): number {
    let pending = 0
    for (const connection of this.#connections) pending += connection.pending
    return pending
  }

  get connected(): boolean {
    return this.#connections.length > 0
  }

  get usage(): PoolUsage {
    const { connections: lent, waiting } = this.#leases
    return {
      connections: this.#sharedSockets.length,
      leases: lent.size,
      waiting: this.#waiters.size + waiting,
    }
  }

  async connect(): Promise<void> {
    if (!this.connected) await this.#dial()
  }

  async renew(role: Role): Promise<void> {
    const connection = await this.#factory.connect(this.#target, this.#target.role, this.#ended.signal)
    if (connection.role !== role) return connection.destroy()
    const old = this.#connections
    this.#connections = []
    for (const other of old) this.#order?.remove(other)
    this.#adopt(connection)
    for (const other of old) void other.close()
  }

  execute(command: EncodedCommand, options: ExecuteOptions): Promise<Reply> {
    return this.#run(command, options, (socket) => socket.execute(command, options))
  }

  submit(
    command: EncodedCommand,
    options: ExecuteOptions,
    resolve: (reply: Reply) => void,
    reject: (reason: unknown) => void,
  ): void {
    const [connection] = this.#connections
    const socket = this.#order === undefined && connection !== undefined ? this.#beside(connection, command) : undefined
    if (isObservable(socket)) socket.submit(command, options, resolve, reject)
    else this.execute(command, options).then(resolve, reject)
  }

  batch(commands: readonly EncodedCommand[], options: ExecuteOptions): Promise<Reply[]> {
    return this.#run(together(commands), options, (socket) => socket.batch(commands, options))
  }

  async lease(options: LeaseLimits): Promise<Lease> {
    const { counted = true } = options
    if (!counted) return this.#leases.lend(await this.#connectOwn(options), counted)
    await this.#leases.take(options)
    try {
      return this.#leases.lend(await this.#connectOwn(options), counted)
    } catch (error) {
      this.#leases.giveBack()
      throw error
    }
  }

  onPush(listener: (push: Push, generation: number) => void): () => void {
    return this.#pushListeners.add(listener)
  }

  onLost(listener: (reason: Error, generation: number) => void): () => void {
    return this.#lostListeners.add(listener)
  }

  async close(): Promise<void> {
    this.#end(new ClosedError(addressOf(this.#target)))
    await Promise.all(this.#all.map((connection) => connection.close()))
  }

  destroy(reason: Error = new ClosedError(addressOf(this.#target))): void {
    this.#end(reason)
    for (const connection of this.#all) connection.destroy(reason)
  }

  /** Hot path: as a rule no writes are held back, and nothing is copied. */
  get #sharedSockets(): readonly Connection[] {
    return this.#paused.size === 0 ? this.#connections : [...this.#connections, ...this.#paused.values()]
  }

  get #all(): readonly Connection[] {
    return [...this.#sharedSockets, ...this.#leases.connections]
  }

  async #connectOwn({ deadline, signal = never }: LeaseLimits): Promise<Connection> {
    const left = Math.max(0, deadline - loopClock.now())
    const connect = (limit: AbortSignal): Promise<Connection> =>
      this.#ownFactory.connect(this.#target, this.#target.role, limit)
    const connection = await limited(signal, left, () => this.#late(left), connect)
    if (this.#ended.signal.aborted) connection.destroy()
    return connection
  }

  #end(reason: Error): void {
    if (!this.#ended.signal.aborted) this.#ended.abort(reason)
    for (const probe of this.#probes.values()) probe.stop()
    this.#leases.fail(reason)
    this.#order?.fail(reason)
  }

  /** The connection for a call whose socket is this one: while its writes are held back, reads have another. */
  #beside(socket: Connection, call: Touch): Connection {
    const second = this.#paused.get(socket)
    if (second === undefined || call.intent !== 'read' || !isObservable(socket) || socket.owesWriteOf(call.keys))
      return socket
    return second
  }

  #run<T>(call: Touch, options: ExecuteOptions, work: (socket: Connection) => Promise<T>): Promise<T> {
    const [connection] = this.#connections
    if (connection === undefined) return this.#whenConnected(options, () => this.#run(call, options, work))
    const run = (socket: Connection): Promise<T> => work(this.#beside(socket, call))
    return this.#order === undefined || options.control ? run(connection) : this.#order.run(call, options, run)
  }

  async #whenConnected<T>(options: ExecuteOptions, work: () => Promise<T>): Promise<T> {
    if (isPermanent(this.#lastError) && loopClock.now() < this.#notBefore) throw this.#lastError
    this.#dial().catch(() => {})
    await this.#waiters.wait(options)
    return work()
  }

  #late(waited: Milliseconds): Error {
    const last = this.#lastError instanceof Error ? this.#lastError.message : 'is the server up?'
    return new PoolTimeoutError(addressOf(this.#target), `no connection within ${Math.round(waited)} ms: ${last}`, {
      cause: this.#lastError,
    })
  }

  #dial(): Promise<Connection> {
    return (this.#dialling ??= this.#open().finally(() => (this.#dialling = undefined)))
  }

  async #open(): Promise<Connection> {
    const { signal } = this.#ended
    try {
      const pause = this.#notBefore - loopClock.now()
      if (pause > 0) await sleep(pause, undefined, { signal })
      signal.throwIfAborted()
      const connection = await this.#factory.connect(this.#target, this.#target.role, signal)
      this.#adopt(connection)
      return connection
    } catch (error) {
      const reason: unknown = signal.aborted ? signal.reason : error
      this.#lastError = reason
      this.#notBefore = loopClock.now() + dialPause(reason, this.#failures++, Math.random())
      this.#waiters.fail(reason)
      throw reason
    }
  }

  #adopt(connection: Connection): void {
    if (this.#ended.signal.aborted) return connection.destroy(this.#ended.signal.reason as Error)
    this.#failures = 0
    this.#lastError = undefined
    this.#connections = [...this.#connections, connection]
    this.#relayPushes(connection)
    connection.onLost((reason) => this.#lose(connection, reason))
    if (isObservable(connection)) this.#watch(connection)
    this.#order?.add(connection, { deadline: Infinity }).then(
      (joined) => (joined ? this.#fill() : connection.destroy()),
      () => connection.destroy(),
    )
    this.#waiters.serve(undefined)
  }

  /** Passes on pushes, each once: a connection that carried the reads beside another one may take its place later. */
  #relayPushes(connection: Connection): void {
    if (this.#relayed.has(connection)) return
    this.#relayed.add(connection)
    connection.onPush((push) => this.#pushListeners.tell(push, connection.generation))
  }

  #lose(connection: Connection, reason: Error): void {
    this.#connections = this.#connections.filter((other) => other !== connection)
    this.#order?.remove(connection)
    this.#lostListeners.tell(reason, connection.generation)
    this.#fill()
  }

  /** Opens connections, one after the other, until there are as many as there may be. */
  #fill(): void {
    const isFull = this.#connections.length >= this.#options.connections
    if (isFull || !this.connected || this.#ended.signal.aborted) return
    const again = (): void => this.#fill()
    this.#dial().then(again, again)
  }

  #watch(connection: ObservableConnection): void {
    this.#health.meet(connection)
    connection.watchSilence(
      () => this.#health.patience,
      () => this.#investigate(connection),
    )
  }

  #investigate(first: ObservableConnection): void {
    if (this.#probes.has(first) || this.#ended.signal.aborted) return
    const dial = (signal: AbortSignal): Promise<Connection> =>
      this.#factory.connect(this.#target, this.#target.role, AbortSignal.any([signal, this.#ended.signal]))
    const probe = new SilenceProbe(first, dial, 2 * this.#health.patience, {
      unresponsive: () => this.#health.set(this.#health.silence > 0, false),
      paused: (second) => this.#pause(first, second),
      dead: (second) => this.#replace(first, second),
      over: () => this.#resume(first),
    })
    this.#probes.set(first, probe)
  }

  /** The server answers, and holds back the writes on this connection: reads go on beside it. */
  #pause(first: ObservableConnection, second: Connection): void {
    this.#paused.set(first, second)
    this.#relayPushes(second)
    second.onLost((reason) => this.#lostListeners.tell(reason, second.generation))
    if (isObservable(second)) first.moveReadsTo(second)
    this.#order?.wake()
    this.#health.set(false, true)
  }

  /** The way is gone: another connection takes its place. */
  #replace(first: ObservableConnection, second: Connection): void {
    const problem = `no sign of life for ${Math.round(first.silence)} ms, while another connection was answered`
    this.#paused.delete(first)
    this.#adopt(second)
    first.destroy(new ConnectionError(first.address, problem))
  }

  #resume(first: ObservableConnection): void {
    const second = this.#paused.get(first)
    this.#probes.delete(first)
    this.#paused.delete(first)
    void second?.close()
    this.#health.set(false, this.#paused.size > 0)
  }
}

/** How many connections are lent at a time; who comes then waits for one to be given back. */
class LeaseLimit {
  readonly connections = new Set<Connection>()
  readonly #most: number
  readonly #waiters: Waiters<undefined>
  #taken = 0

  constructor(most: number, address: string) {
    this.#most = most
    const problem = `${most} connections are lent already; wait longer, lend fewer at a time, or raise pool.leases`
    this.#waiters = new Waiters(
      (waited) => new PoolTimeoutError(address, `within ${Math.round(waited)} ms: ${problem}`),
    )
  }

  get waiting(): number {
    return this.#waiters.size
  }

  async take(options: ExecuteOptions): Promise<void> {
    if (this.#taken >= this.#most) return this.#waiters.wait(options)
    this.#taken++
  }

  giveBack(): void {
    if (!this.#waiters.serveOne(undefined)) this.#taken--
  }

  /** @param counted whether its place was taken, and is given back with it */
  lend(connection: Connection, counted: boolean): Lease {
    this.connections.add(connection)
    connection.onLost(() => {
      if (this.connections.delete(connection) && counted) this.giveBack()
    })
    return { connection, release: () => connection.destroy() }
  }

  fail(reason: unknown): void {
    this.#waiters.fail(reason)
  }
}

/** What commands that travel together touch as one; as a rule nobody asks, and nothing is copied. */
function together(commands: readonly EncodedCommand[]): Touch {
  return {
    get intent() {
      return commands.every(({ intent }) => intent === 'read') ? 'read' : 'write'
    },
    get keys() {
      const keys = commands.map((command) => command.keys ?? [])
      return keys.every(({ length }) => length > 0) ? keys.flat() : []
    },
  }
}

const never = new AbortController().signal
