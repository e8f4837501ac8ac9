import { type ErrorReply, type EncodedCommand, type ExecuteOptions, type Reply } from '../connection/connection.js'
import type { Node } from '../connection/node.js'
import { isPassing, replyError } from '../connection/reply-error.js'
import { ClosedError, CommandError, ReadOnlyCacheError } from '../errors.js'
import type { ReadFrom } from '../topology/read-from.js'
import type { TopologyEvent } from '../topology/events.js'
import type { Clock, Milliseconds } from '../units.js'
import type { CallOptions, Client, TopologySnapshot } from './client.js'
import type { Call, Intent } from './command.js'
import { scanSteps, type ScanFrom, type ScanStep } from './commands/scan.js'
import { Executor, type Bounds, type Job } from './execute.js'
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
    this.#recentWrites = new RecentWrites(options.readYourWrites, clock)
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
      const attempt = (node: Node, limits: ExecuteOptions): Promise<Reply> => {
        const call = from(node === (at ?? node) ? cursor : '0')
        at = node
        return send(call, node, limits)
      }
      const call = from(cursor)
      const bounds = { ...this.#bounds(call, wanted), prefer: at }
      return this.#run<ScanStep<Item>>(call, () => this.#executor.run(call, bounds, { attempt, read: call.reply }))
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
      const attempt = async (node: Node, limits: ExecuteOptions): Promise<() => Out> => {
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
      return this.#executor.run(job, bounds, { attempt, read: (outcome) => outcome() })
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
    const attempt = (node: Node, limits: ExecuteOptions): Promise<Reply> => send(call, node, limits)
    return this.#executor.run(call, bounds, { attempt, read: call.reply })
  }

  #run<Out>(job: Job, work: () => Promise<Out>): Promise<Out> {
    if (this.#closed) return Promise.reject(new ClosedError(this.#router.name))
    return job.intent === 'read' ? work() : this.#write(job, work)
  }

  /** What the state of a server refused has not run, so it is tried again; the rest of the batch is not. */
  async #batch(calls: readonly Call<unknown>[], job: Job, options: CallOptions): Promise<readonly Reply[]> {
    const replies = new Array<Reply>(calls.length).fill(null)
    let open = calls.map((_, index) => index)
    const attempt = async (node: Node, limits: ExecuteOptions): Promise<void> => {
      const answers = await node.pool.batch(
        open.map((index) => calls[index] as Call<unknown>),
        limits,
      )
      answers.forEach((answer, at) => (replies[open[at] as number] = answer))
      open = open.filter((index) => isPassing(replies[index]))
      if (open.length > 0) throw replyError(node.address, job.name, replies[open[0] as number] as ErrorReply)
    }
    try {
      await this.#executor.run(job, this.#bounds(job, options), { attempt, read: () => undefined })
    } catch (error) {
      if (!(error instanceof CommandError)) throw error
    }
    return replies
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

function send(call: Call<unknown>, node: Node, limits: ExecuteOptions): Promise<Reply> {
  return call.script === undefined ? node.pool.execute(call, limits) : sendScript(call, call.script, node, limits)
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

/** A node that does not have the script yet gets it in full, and keeps it. */
async function sendScript(call: Call<unknown>, script: string, node: Node, limits: ExecuteOptions): Promise<Reply> {
  try {
    return await node.pool.execute(call, limits)
  } catch (error) {
    if (!(error instanceof CommandError) || !error.reply.startsWith('NOSCRIPT')) throw error
    const whole: EncodedCommand = { args: ['EVAL', script, ...call.args.slice(2)], decode: call.decode }
    return node.pool.execute(whole, limits)
  }
}
