import { type ErrorReply, type EncodedCommand, type ExecuteOptions, type Reply } from '../connection/connection.js'
import type { Node } from '../connection/node.js'
import { isPassing, lacksReplicas, replyError } from '../connection/reply-error.js'
import { ClosedError, CommandError, InsufficientReplicasError, ReadOnlyCacheError } from '../errors.js'
import type { ReadFrom } from '../topology/read-from.js'
import type { TopologyEvent } from '../topology/events.js'
import type { Clock, Milliseconds } from '../units.js'
import { attempt, checkReplicas, waitCommand } from './attempt.js'
import type { CallOptions, Client, TopologySnapshot } from './client.js'
import type { Call, Intent } from './command.js'
import { scanSteps, type ScanFrom, type ScanStep } from './commands/scan.js'
import { Executor, type Bounds, type Job, type Work } from './execute.js'
import { Gatherer } from './gatherer.js'
import { Leases } from './leases.js'
import { OwnConnection } from './own-connection.js'
import { RecentWrites } from './recent-writes.js'
import type { Router } from './routing/router.js'

export interface RemoteClientOptions {
  readonly attemptTimeout: Milliseconds
  readonly readDeadline: Milliseconds
  readonly writeDeadline: Milliseconds
  readonly readFrom: ReadFrom
  readonly readYourWrites: Milliseconds
  /** Replicas that must have a write before it counts as done. */
  readonly minReplicas: number
  /** Why writes are refused; `undefined` when they are not. */
  readonly readOnly: string | undefined
}

/** Commands on servers: the same for every topology; the router says where. */
export class RemoteClient implements Client {
  readonly #router: Router
  readonly #options: RemoteClientOptions
  readonly #clock: Clock
  readonly #executor: Executor
  readonly #recentWrites: RecentWrites
  readonly #gatherer = new Gatherer((call, bounds) => this.#send(call, bounds))
  readonly #leases = new Leases()
  #closed = false

  constructor(router: Router, options: RemoteClientOptions, clock: Clock) {
    this.#router = router
    this.#options = options
    this.#clock = clock
    this.#executor = new Executor(router, options.attemptTimeout, clock)
    this.#recentWrites = new RecentWrites(options.readYourWrites, clock, () => router.settling)
  }

  execute<Out>(call: Call<Out>, options: CallOptions = {}): Promise<Out> {
    if (call.together === undefined || options.deadline !== undefined || options.signal !== undefined)
      return this.#run(call, () => this.#send(call, this.#bounds(call, options)))
    return this.#run(call, () => this.#gatherer.execute(call, this.#bounds(call, options)))
  }

  async batch(calls: readonly Call<unknown>[], options: CallOptions = {}): Promise<readonly Reply[]> {
    if (calls.length === 0) return []
    const job = jobOf(calls)
    return this.#run(job, () => this.#batch(calls, job, options))
  }

  /** On one node, as long as that lasts; after own writes on the primary, for the replicas may not have them yet. */
  scan<Item>(from: ScanFrom<Item>, options: CallOptions = {}): AsyncIterable<readonly Item[]> {
    const { readFrom = this.#options.readFrom } = options
    const recent = readFrom !== 'primary' && this.#recentWrites.any()
    const wanted = recent ? { ...options, readFrom: 'primaryPreferred' as const } : options
    let at: Node | undefined
    return scanSteps((cursor) => {
      const attemptOn = (node: Node, limits: ExecuteOptions): Promise<Reply> => {
        const step = from(node === (at ?? node) ? cursor : '0')
        at = node
        return attempt(step, node, limits)
      }
      const call = from(cursor)
      const bounds = { ...this.#bounds(call, wanted), prefer: at }
      const work: Work<Reply, ScanStep<Item>> = { attempt: attemptOn, read: call.reply }
      return this.#run(call, () => this.#executor.run(call, bounds, work))
    })
  }

  /** Getting the connection may be tried again, the work may not. */
  lease<Out>(
    intent: Intent,
    work: (connection: OwnConnection) => Out | Promise<Out>,
    options: CallOptions = {},
  ): Promise<Out> {
    const job: Job = { name: 'LEASE', intent, keys: [], args: ['LEASE'], idempotent: true }
    return this.#run(job, () => {
      const { deadline, signal, readFrom } = this.#bounds(job, options)
      const defaults = { deadline: deadline - this.#clock.now(), signal }
      const attemptOn = async (node: Node, limits: ExecuteOptions): Promise<() => Out> => {
        const lease = await node.pool.lease(limits)
        const connection = new OwnConnection(lease.connection, defaults, this.#clock)
        return this.#leases
          .use(lease, signal, () => work(connection))
          .then(
            (value) => () => value,
            (error: unknown) => () => this.#blame(node, error),
          )
      }
      const bounds: Bounds = { deadline, signal, readFrom, attemptTimeout: Infinity }
      return this.#executor.run(job, bounds, { attempt: attemptOn, read: (outcome) => outcome() })
    })
  }

  topology(): TopologySnapshot {
    return this.#router.topology()
  }

  onTopology(listener: (event: TopologyEvent) => void): () => void {
    return this.#router.onTopology(listener)
  }

  async close(): Promise<void> {
    this.#closed = true
    this.#gatherer.flush()
    await this.#executor.settled()
    await this.#router.close()
  }

  /** First the sockets, whose errors say what was sent; then what runs on sockets that others use too. */
  destroy(reason?: Error): void {
    this.#closed = true
    this.#gatherer.flush()
    const closed = new ClosedError(this.#router.name, { cause: reason })
    this.#leases.end(closed)
    this.#router.destroy(reason ?? closed)
    setImmediate(() => this.#executor.abandon(closed))
  }

  /** The work's own error, which is evidence when the server refused something. */
  #blame(node: Node, error: unknown): never {
    if (error instanceof CommandError) this.#router.failed(node, error)
    throw error
  }

  #send<Out>(call: Call<Out>, bounds: Bounds): Promise<Out> {
    const { minReplicas } = this.#options
    const attemptOn = (node: Node, limits: ExecuteOptions): Promise<Reply> => attempt(call, node, limits, minReplicas)
    return this.#executor.run(call, bounds, { attempt: attemptOn, read: call.reply })
  }

  #run<Out>(job: Job, work: () => Promise<Out>): Promise<Out> {
    if (this.#closed) return Promise.reject(new ClosedError(this.#router.name))
    return job.intent === 'read' ? work() : this.#write(job, work)
  }

  /** What the state of a server refused has not run, so it is tried again; the rest of the batch is not. */
  async #batch(calls: readonly Call<unknown>[], job: Job, options: CallOptions): Promise<readonly Reply[]> {
    const replies = new Array<Reply>(calls.length).fill(null)
    let open = calls.map((_, index) => index)
    const minReplicas = job.intent === 'write' ? this.#options.minReplicas : 0
    const attemptOn = async (node: Node, limits: ExecuteOptions): Promise<void> => {
      const commands: EncodedCommand[] = open.map((index) => calls[index] as Call<unknown>)
      if (minReplicas > 0) commands.push(waitCommand(minReplicas, limits))
      const answers = await node.pool.batch(commands, limits)
      open.forEach((index, at) => (replies[index] = answers[at] as Reply))
      open = open.filter((index) => this.#passes(replies[index]))
      if (open.length > 0) throw replyError(node.address, job.name, replies[open[0] as number] as ErrorReply)
      if (minReplicas > 0) checkReplicas(job.name, answers.at(-1), minReplicas)
    }
    try {
      await this.#executor.run(job, this.#bounds(job, options), { attempt: attemptOn, read: () => undefined })
    } catch (error) {
      if (!(error instanceof CommandError) || error instanceof InsufficientReplicasError) throw error
    }
    return replies
  }

  #passes(reply: Reply | undefined): boolean {
    return isPassing(reply) || (this.#router.settling && lacksReplicas(reply))
  }

  #bounds({ intent, keys }: Job, { deadline, signal, readFrom = this.#options.readFrom }: CallOptions): Bounds {
    const { readDeadline, writeDeadline } = this.#options
    const time = deadline ?? (intent === 'read' ? readDeadline : writeDeadline)
    const own = readFrom !== 'primary' && intent === 'read' && this.#recentWrites.includes(keys)
    return { deadline: this.#clock.now() + time, signal, readFrom: own ? 'primaryPreferred' : readFrom }
  }

  /** Notes the keys once it is settled, also when it failed: it may have run. */
  async #write<Out>({ name, keys }: Job, work: () => Promise<Out>): Promise<Out> {
    const { readOnly } = this.#options
    if (readOnly !== undefined) throw new ReadOnlyCacheError(`${name} refused: ${readOnly}`)
    try {
      return await work()
    } finally {
      this.#recentWrites.note(keys)
    }
  }
}

function jobOf(calls: readonly Call<unknown>[]): Job {
  return {
    name: [...new Set(calls.map(({ name }) => name))].join('+'),
    intent: calls.some(({ intent }) => intent === 'write') ? 'write' : 'read',
    keys: calls.flatMap(({ keys }) => keys),
    args: calls.flatMap(({ args }) => args),
    idempotent: calls.every(({ idempotent }) => idempotent),
  }
}
