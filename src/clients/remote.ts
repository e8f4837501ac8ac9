import type { Connection, ErrorReply, ExecuteOptions, Reply } from '../connection/connection.js'
import { deadlines, loopClock, recentClock } from '../connection/deadlines.js'
import type { Node } from '../connection/node.js'
import { invalidatedKeys } from '../connection/tracking.js'
import type { Lease } from '../connection/pool.js'
import { ClosedError, CommandError, ConfigurationError, ReadOnlyCacheError } from '../errors.js'
import type { CallMeters } from '../telemetry/call-meters.js'
import type { CallObserver } from '../telemetry/observer.js'
import type { ReadFrom } from '../topology/read-from.js'
import type { TopologyEvent } from '../topology/events.js'
import type { Milliseconds } from '../units.js'
import { attempt, commandFor, noScripts, sendOn } from './attempt.js'
import { BatchGatherer } from './batch-gatherer.js'
import { BatchJob } from './batch-job.js'
import { Batches, type BatchesCluster } from './batches.js'
import type { CallOptions, Client, LeaseOptions, TimeSource, TopologySnapshot, TrackingListener } from './client.js'
import type { Call, Intent } from './command.js'
import { scanSteps, type ScanFrom, type ScanStep } from './commands/scan.js'
import { DurableWrites } from './durable-writes.js'
import { Executor } from './execute.js'
import { Gatherer } from './gatherer.js'
import { Leases } from './leases.js'
import { OwnConnection } from './own-connection.js'
import { RecentWrites } from './recent-writes.js'
import { refusingLate } from './late-answers.js'
import type { Router } from './routing/router.js'
import type { RunningCall } from './running-call.js'
import { Subscriptions, type ChannelListener, type Subscription } from './subscriptions.js'
import type { GatheredUntil } from './tick-groups.js'
import { promised, type Bounds, type Job, type Redirected, type Unfinished, type Work } from './work.js'

export interface RemoteClientOptions {
  /** How long a reply may take to begin before another node is asked as well, in ms; `undefined`: as is usual for the node. */
  readonly attemptTimeout: Milliseconds | undefined
  readonly readDeadline: Milliseconds
  readonly writeDeadline: Milliseconds
  readonly readFrom: ReadFrom
  /** Our availability zone; without it no call may ask for `'zone'`. @default not known */
  readonly zone?: string | undefined
  readonly readYourWrites: Milliseconds
  /** Replicas that must have a write before it counts as done. */
  readonly minReplicas: number
  /** Why writes are refused; `undefined` when they are not. */
  readonly readOnly: string | undefined
  /**
   * Reads of one tick, or of one turn of the loop, leave as one. Where a node has several sockets they must not: a command with
   * keys of several sockets waits for all of them. @default 'tick'
   */
  readonly gathers?: GatheredUntil | 'never' | undefined
  /** Hears of each call. @default nobody */
  readonly observer?: CallObserver | undefined
  /** Counts each call. @default its own */
  readonly meters?: CallMeters | undefined
  /** Of the servers of one shard of a cluster. @default they have every key */
  readonly cluster?: ClusterPart | undefined
}

/** What the client of one shard needs to know of the others. */
export interface ClusterPart {
  /** Goes on with a call whose slot the server does not have, or not whole. */
  readonly redirect: (call: Unfinished, node: Node, error: CommandError, from: RemoteClient) => Redirected | undefined
  /** Whether a reply says that another server of the same shard has taken the place of its primary. */
  readonly isReplaced: (reply: ErrorReply, node: Node, from: RemoteClient) => boolean
  /** After which silence the servers may have replaced a primary, in ms. */
  readonly replacedAfter: () => Milliseconds
  /** Keys written lately, in all shards: a slot may move between a write and a read. */
  readonly recentWrites: RecentWrites
}

/**
 * Commands on servers: the same for every topology; the router says where.
 * Calls to one node run in the order in which they were made, for calls that share a key: nothing here overtakes.
 */
export class RemoteClient implements Client {
  readonly #router: Router
  readonly #options: RemoteClientOptions
  readonly #executor: Executor
  readonly #recentWrites: RecentWrites
  readonly #gatherer: Gatherer
  readonly #batches: Batches
  readonly #batchGatherer: BatchGatherer
  readonly #leases = new Leases()
  readonly #subscriptions: Subscriptions
  readonly #durable: DurableWrites | undefined
  readonly #single: Work<Call<unknown>, Reply, never>
  readonly #redirect: Work<Job, unknown, unknown>['redirect']
  #closed = false

  constructor(router: Router, options: RemoteClientOptions) {
    this.#router = router
    this.#options = options
    this.#subscriptions = new Subscriptions({
      open: () => this.#openSubscribing(),
      confirmTime: options.readDeadline,
    })
    const { cluster, gathers } = options
    const until = gathers === 'turn' ? 'turn' : 'tick'
    this.#gatherer = new Gatherer(
      (call, bounds, resolve, reject) => this.#executor.start(call, bounds, this.#single, resolve, reject),
      until,
    )
    this.#batchGatherer = new BatchGatherer(
      (calls, bounds, sources) => this.#batches.run(calls, new BatchJob(calls), bounds, sources),
      until,
    )
    this.#recentWrites =
      cluster?.recentWrites ?? new RecentWrites(options.readYourWrites, recentClock, () => router.settling)
    this.#executor = new Executor(router, (keys) => this.#recentWrites.note(keys), options)
    this.#durable = options.minReplicas > 0 ? new DurableWrites(options.minReplicas) : undefined
    const batchesCluster: BatchesCluster | undefined = cluster && {
      isReplaced: (reply, node) => cluster.isReplaced(reply, node, this),
      replacedAfter: cluster.replacedAfter,
    }
    this.#batches = new Batches({ executor: this.#executor, router, durable: this.#durable, cluster: batchesCluster })
    const read = (call: Call<unknown>, raw: Reply): never => call.reply(raw) as never
    if (cluster !== undefined) this.#redirect = (call, node, error) => cluster.redirect(call, node, error, this)
    const redirect = this.#redirect
    const attemptOnce: Work<Call<unknown>, Reply, never>['attempt'] =
      this.#durable === undefined ? attempt : promised((call, node, limits) => this.#attemptDurably(call, node, limits))
    this.#single =
      cluster === undefined
        ? { attempt: attemptOnce, read }
        : { attempt: refusingLate(attemptOnce, cluster.replacedAfter), read, redirect }
  }

  /** The server or service that it leads to, for messages. */
  get name(): string {
    return this.#router.name
  }

  /** Whether the primary was promoted so lately that its replicas may still follow the one before. */
  get settling(): boolean {
    return this.#router.settling
  }

  /** The calls that are not over. */
  get running(): Iterable<RunningCall> {
    return this.#executor.running
  }

  /** Whether calls run. */
  get busy(): boolean {
    return this.#executor.busy
  }

  /** Resolves when no call runs any more. */
  settled(): Promise<void> {
    return this.#executor.settled()
  }

  /** The place of the latest call among all of this client. */
  get sequence(): number {
    return this.#executor.sequence
  }

  /** Goes on with a call that another shard's server redirected; the primary answers it. */
  adopt(call: Unfinished, asking: boolean): void {
    const { deadline, signal, attemptTimeout, job } = call
    if (job.intent === 'write') this.#flush()
    this.#executor.adopt(call, { deadline, signal, attemptTimeout, readFrom: 'primary', asking })
  }

  execute<Out>(call: Call<Out>, options: CallOptions = noOptions): Promise<Out> {
    const refusal = this.#refusal(options) ?? (call.intent === 'write' ? this.#beginWrite(call) : undefined)
    if (refusal !== undefined) return refuse(refusal)
    if (call.intent === 'read' && call.together !== undefined && this.#mayGather(options))
      return this.#gatherer.execute(call, this.#bounds(call, options))
    return this.#executor.run(call, this.#bounds(call, options), this.#single)
  }

  batch(calls: readonly Call<unknown>[], options: CallOptions = noOptions): Promise<readonly Reply[]> {
    const job = new BatchJob(calls)
    const refusal = this.#refusal(options) ?? (job.intent === 'write' ? this.#beginWrite(job) : undefined)
    if (refusal !== undefined) return refuse(refusal)
    if (calls.length === 0) return Promise.resolve([])
    const { sources } = options
    if (job.intent === 'read' && sources !== undefined && this.#mayGather(options))
      return this.#batchGatherer.batch(calls, this.#bounds(job, options), sources)
    return this.#batches.run(calls, job, this.#bounds(job, options), sources)
  }

  /** On one node, as long as that lasts; after own writes on the primary, for the replicas may not have them yet. */
  scan<Item>(stepAt: ScanFrom<Item>, options: CallOptions = noOptions): AsyncIterable<readonly Item[]> {
    const { readFrom = this.#options.readFrom } = options
    const recent = readFrom !== 'primary' && this.#recentWrites.any()
    const wanted = recent ? { ...options, readFrom: 'primaryPreferred' as const } : options
    let at: Node | undefined
    let asking = false
    return scanSteps((cursor) => {
      const refusal = this.#refusal(options)
      if (refusal !== undefined) return refuse(refusal)
      const call: Call<ScanStep<Item>> = { ...stepAt(cursor), unordered: true }
      const attemptOn: Work<Job, Reply, never>['attempt'] = (_, node, limits, resolve, reject) => {
        const step = node === (at ?? node) ? call : stepAt('0')
        at = node
        asking = limits.asking === true
        attempt(step, node, limits, resolve, reject)
      }
      this.#flush()
      const bounds = { ...this.#bounds(call, wanted), prefer: at, asking }
      return this.#executor.run(call, bounds, {
        attempt: attemptOn,
        read: (_, raw: Reply) => call.reply(raw),
        redirect: this.#redirect,
      })
    })
  }

  lease<Out>(
    intent: Intent,
    work: (connection: OwnConnection) => Out | Promise<Out>,
    options: LeaseOptions = noOptions,
  ): Promise<Out> {
    const { deadline, signal } = this.#bounds({ intent, keys: [] }, options)
    const defaults = { deadline: deadline - loopClock.now(), signal }
    return this.leaseSocket(intent, (socket) => work(new OwnConnection(socket, defaults, loopClock)), options)
  }

  /** As {@link lease}, of the connection itself. Getting it may be tried again, the work may not. */
  leaseSocket<Out>(
    intent: Intent,
    work: (connection: Connection) => Out | Promise<Out>,
    options: LeaseOptions = noOptions,
  ): Promise<Out> {
    const refusal = this.#refusal(options)
    if (refusal !== undefined) return refuse(refusal)
    const { readOnly } = this.#options
    if (intent === 'write' && readOnly !== undefined)
      return refuse(new ReadOnlyCacheError(`A connection for writing refused: ${readOnly}`))
    const job: Job = { name: 'LEASE', intent, keys: [], args: ['LEASE'], idempotent: true, unordered: true }
    const bounds = this.#bounds(job, options)
    const attemptOn = async (_: Job, node: Node, limits: ExecuteOptions): Promise<() => Out> => {
      const lease = await node.pool.lease(limits)
      return this.#leases
        .use(lease, bounds.signal, () => work(lease.connection))
        .then(
          (value) => () => value,
          (error: unknown) => () => this.#blame(node, error),
        )
    }
    const outcome = this.#executor.run(
      job,
      { ...bounds, attemptTimeout: Infinity },
      { attempt: promised<Job, () => Out>(attemptOn), read: ended<Out> },
    )
    const { keys } = options
    if (intent === 'read' || keys?.length === 0) return outcome
    return outcome.finally(() => this.#recentWrites.note(keys ?? []))
  }

  serverTime(_: string, clock: TimeSource = 'primary'): Milliseconds | undefined {
    return this.#router.serverTime(clock)
  }

  async subscribe(
    channel: string,
    listener: ChannelListener,
    { signal }: CallOptions = noOptions,
  ): Promise<Subscription> {
    if (this.#closed) return refuse(new ClosedError(this.#router.name))
    return this.#subscriptions.subscribe(channel, listener, signal)
  }

  isUsable(): boolean {
    return this.#router.usable
  }

  onUsable(listener: () => void): () => void {
    return this.#router.onUsable(listener)
  }

  wrote(keys: readonly string[]): void {
    this.#recentWrites.note(keys)
  }

  track(listener: TrackingListener): () => void {
    const stops = [
      this.#router.onPush((push, { address }) => {
        const keys = invalidatedKeys(push)
        if (keys !== undefined) listener.invalidated(keys, address)
      }),
      this.#router.onLost(({ address }) => listener.lost(address)),
    ]
    return () => stops.forEach((stop) => stop())
  }

  topology(): TopologySnapshot {
    return this.#router.topology()
  }

  onTopology(listener: (event: TopologyEvent) => void): () => void {
    return this.#router.onTopology(listener)
  }

  async close(): Promise<void> {
    this.#flush()
    this.#closed = true
    this.#subscriptions.end(new ClosedError(this.#router.name))
    await this.#executor.settled()
    this.#durable?.destroy()
    await this.#router.close()
  }

  /** First the sockets, whose errors say what was sent; then what runs on sockets that others use too. */
  destroy(reason?: Error): void {
    this.#flush()
    this.#closed = true
    const closed = new ClosedError(this.#router.name, { cause: reason })
    this.#leases.end(closed)
    this.#subscriptions.end(closed)
    this.#durable?.destroy()
    this.#router.destroy(reason ?? closed)
    setImmediate(() => this.#executor.abandon(closed))
  }

  /** Opens the connection for subscriptions, to the primary: there is one, so it does not count among the leases. */
  #openSubscribing(): Promise<Lease> {
    const { readDeadline } = this.#options
    const bounds = { ...this.#bounds(subscribing, { deadline: readDeadline }), attemptTimeout: Infinity }
    const attemptOn = (_: Job, node: Node, limits: ExecuteOptions): Promise<Lease> =>
      node.pool.lease({ ...limits, counted: false })
    return this.#executor.run(subscribing, bounds, { attempt: promised(attemptOn), read: (_, lease: Lease) => lease })
  }

  /** A server of a cluster has not all keys, and what has a deadline or a signal of its own goes alone. */
  #mayGather({ deadline, signal }: CallOptions): boolean {
    const { cluster, gathers } = this.#options
    return gathers !== 'never' && cluster === undefined && deadline === undefined && signal === undefined
  }

  /** Sends what was gathered so far: what comes now must not overtake it. */
  #flush(): void {
    this.#gatherer.flush()
    this.#batchGatherer.flush()
  }

  /** The work's own error, which is evidence when the server refused something. */
  #blame(node: Node, error: unknown): never {
    if (error instanceof CommandError) this.#router.failed(node, error)
    throw error
  }

  /** Why it takes no call with these options; checked before a read that follows a write is sent to the primary. */
  #refusal({ readFrom }: CallOptions): Error | undefined {
    if (this.#closed) return new ClosedError(this.#router.name)
    return readFrom === 'zone' && this.#options.zone === undefined ? unknownZone() : undefined
  }

  /** Reads gathered before it leave first; from now on its keys are read from the primary. */
  #beginWrite({ name, keys, unordered }: Job): Error | undefined {
    const { readOnly } = this.#options
    if (readOnly !== undefined) return new ReadOnlyCacheError(`${name} refused: ${readOnly}`)
    this.#flush()
    if (unordered !== true) this.#recentWrites.note(keys)
    return undefined
  }

  async #attemptDurably(call: Call<unknown>, node: Node, limits: ExecuteOptions): Promise<Reply> {
    const durable = this.#durable as DurableWrites
    if (call.intent === 'read') {
      await durable.answered(call, limits)
      return new Promise((resolve, reject) => attempt(call, node, limits, resolve, reject))
    }
    return durable.write(call, node, limits, (connection) =>
      sendOn(connection, node.address, commandFor(call, noScripts), limits),
    )
  }

  #bounds(job: Pick<Job, 'intent' | 'keys'>, { deadline, signal, readFrom, attemptTimeout }: CallOptions): Bounds {
    const options = this.#options
    const reads = job.intent === 'read'
    const time = deadline ?? (reads ? options.readDeadline : options.writeDeadline)
    const from = readFrom ?? options.readFrom
    // Hot path: the list of keys may be made when it is asked for.
    const own = reads && from !== 'primary' && this.#recentWrites.any() && this.#recentWrites.includes(job.keys)
    return {
      deadline: deadlines.dueIn(time),
      signal,
      readFrom: own ? 'primaryPreferred' : from,
      own,
      attemptTimeout: attemptTimeout ?? options.attemptTimeout,
    }
  }
}

/** A call that is refused without a server costs a turn of the loop: a caller who asks again at once starves nobody. */
export function refuse(reason: Error): Promise<never> {
  return new Promise((_, reject) => setImmediate(() => reject(reason)))
}

function unknownZone(): ConfigurationError {
  return new ConfigurationError('readFrom', "'zone' needs the option zone of the cache: our availability zone")
}

function ended<Out>(_: Job, outcome: () => Out): Out {
  return outcome()
}

/** Goes where writes go, and changes nothing. */
const subscribing: Job = {
  name: 'SSUBSCRIBE',
  intent: 'write',
  keys: [],
  args: ['SSUBSCRIBE'],
  idempotent: true,
  unordered: true,
}
const noOptions: CallOptions = {}
