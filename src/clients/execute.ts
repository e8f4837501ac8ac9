import { setTimeout as sleep } from 'node:timers/promises'
import type { ExecuteOptions, Progress } from '../connection/connection.js'
import { Deadline, deadlines, type DeadlineQueue } from '../connection/deadlines.js'
import { Node } from '../connection/node.js'
import type { AttemptKind, CallObserver, CallTrace } from '../telemetry/observer.js'
import type { ReadFrom } from '../topology/read-from.js'
import type { Milliseconds } from '../units.js'
import type { Call } from './command.js'
import { CommandError } from '../errors.js'
import { HedgeBudget, ownPatience } from './hedge.js'
import { finalError, isRefused, mayHaveRun, mayRetry, retryPause, wasAnswered } from './retry.js'
import { isOrderedWrite } from './routing/call-queue.js'
import type { CallContext, Router } from './routing/router.js'

/** What the executor must know of the work, beside how to do it. */
export type Job = Pick<Call<unknown>, 'name' | 'intent' | 'keys' | 'args' | 'idempotent' | 'unordered'>

/** How the work is done on one node, and how its outcome reads. */
export interface Work<Of extends Job, Raw, Out> {
  readonly attempt: (
    job: Of,
    node: Node,
    options: ExecuteOptions,
    resolve: (raw: Raw) => void,
    reject: (reason: unknown) => void,
  ) => void
  readonly read: (job: Of, raw: Raw) => Out
}

/** An attempt that gives a promise. */
export function promised<Of extends Job, Raw>(
  attempt: (job: Of, node: Node, options: ExecuteOptions) => Promise<Raw>,
): Work<Of, Raw, unknown>['attempt'] {
  return (job, node, options, resolve, reject) => void attempt(job, node, options).then(resolve, reject)
}

/** What all attempts of one call share. */
export interface Bounds {
  readonly deadline: Milliseconds
  readonly signal: AbortSignal | undefined
  readonly readFrom: ReadFrom
  /** How long a reply may take to begin before a read is asked of another node as well, in ms. @default what is usual for the node */
  readonly attemptTimeout: Milliseconds | undefined
  /** Whether it reads what this cache wrote lately: a replica may not have it. @default false */
  readonly own?: boolean
  /** The node that is taken while it is up. @default the router's choice */
  readonly prefer?: Node | undefined
}

/**
 * The only retry loop: picks a node, tries, takes failures as evidence, tries again while that is safe and there is
 * time. A read that has no answer yet is asked of a second node that is known to answer; the first answer counts.
 * Knows what runs, for sockets cannot tell: other clients may use the same.
 */
export class Executor {
  readonly #router: Router
  readonly #wrote: (keys: readonly string[]) => void
  readonly #queue: DeadlineQueue
  readonly #observer: CallObserver | undefined
  readonly #budget = new HedgeBudget()
  readonly #running = new Set<Running>()
  #sequence = 0
  #writes = 0
  #answering: Promise<void> | undefined
  #answered: () => void = nothing
  #idle: (() => void) | undefined

  /** @param wrote called with the keys of each write that is over, whatever came of it */
  constructor(
    router: Router,
    wrote: (keys: readonly string[]) => void,
    observer?: CallObserver,
    queue: DeadlineQueue = deadlines,
  ) {
    this.#router = router
    this.#wrote = wrote
    this.#observer = observer
    this.#queue = queue
  }

  run<Of extends Job, Raw, Out>(job: Of, bounds: Bounds, work: Work<Of, Raw, Out>): Promise<Out> {
    return new Promise((resolve, reject) => this.start(job, bounds, work, resolve, reject))
  }

  /** As {@link run}, for a caller who has a promise already: one fewer on the way of each GET (`bench/`, promises). */
  start<Of extends Job, Raw, Out>(
    job: Of,
    bounds: Bounds,
    work: Work<Of, Raw, Out>,
    resolve: (value: Out) => void,
    reject: (reason: unknown) => void,
  ): void {
    const place = {
      sequence: ++this.#sequence,
      started: this.#queue.clock.recent(),
      trace: this.#observer?.begin(job),
    }
    const works = work as Work<Job, unknown, unknown>
    const call = new Running(this, place, job, bounds, works, resolve as (value: unknown) => void, reject)
    this.#running.add(call)
    if (job.intent === 'read') this.#budget.earn()
    this.#try(call)
  }

  /** Resolves when nothing runs any more. */
  async settled(): Promise<void> {
    if (this.#running.size > 0) await new Promise<void>((resolve) => (this.#idle = resolve))
  }

  /** Rejects what runs, now; what becomes of its commands is nobody's concern any more. */
  abandon(reason: Error): void {
    for (const call of this.#running) this.#end(call, reason)
  }

  /** @internal A read has waited for the beginning of its reply for long enough. */
  hedge(call: Running): void {
    const { node, progress } = call
    if (call.over || call.hedged || node === undefined || progress?.begun) return
    this.#setAlarm(call, node)
    const others = this.#router.others(call.job, call, node).filter((other) => !call.asked.has(other))
    // A node from which nothing comes at all is no reason to be thrifty: only those that answer PING get its reads.
    if (others.length === 0 || (!node.isInDoubt(call.attemptTimeout) && !this.#budget.take())) return
    if (call.own) void this.#ask(node, call)
    for (const other of others) void this.#hedgeTo(call, node, other)
  }

  #try(call: Running): void {
    try {
      const node = call.preferred() ?? this.#router.pick(call.job, call)
      if (node instanceof Node) this.#attempt(call, node, call.attempts === 0 ? 'first' : 'retry')
      else
        node.then(
          (picked) => this.#attempt(call, picked, call.attempts === 0 ? 'first' : 'retry'),
          (error: unknown) => this.#refuse(call, error),
        )
    } catch (error) {
      this.#refuse(call, error)
    }
  }

  #attempt(call: Running, node: Node, kind: AttemptKind): void {
    if (call.over) return
    const { job, work, deadline, signal } = call
    call.trace?.attempt(node.address, kind)
    call.attempts++
    call.outstanding++
    if (isOrderedWrite(job)) this.#writes++
    else if (kind !== 'hedge') this.#watch(call, node)
    work.attempt(
      job,
      node,
      kind === 'hedge' ? { deadline, signal } : call,
      (raw) => this.#succeed(call, raw),
      (error) => this.#fail(call, node, error),
    )
  }

  /** A server's refusals are taken in the order in which they came; a loss is taken when the pool knows of it. */
  #fail(call: Running, node: Node, error: unknown): void {
    if (error instanceof CommandError) this.#recover(call, node, error)
    else queueMicrotask(() => this.#recover(call, node, error))
  }

  /** Where other nodes may answer as well, looks again when the reply has not begun in time. */
  #watch(call: Running, node: Node): void {
    if (this.#router.others(call.job, call, node).length === 0) return
    call.node = node
    call.progress = { generation: undefined, begun: false }
    call.asked = new Set()
    this.#setAlarm(call, node)
  }

  #setAlarm(call: Running, node: Node): void {
    this.#queue.remove(call)
    call.due = this.#queue.clock.recent() + (call.attemptTimeout ?? node.usualPatience)
    this.#queue.add(call)
  }

  /** Asks a node whether it answers at all; a frozen one never gets the read. */
  async #ask(node: Node, { deadline, signal }: Running): Promise<boolean> {
    try {
      await node.pool.execute(ping, { deadline, signal, control: true })
      return true
    } catch {
      return false
    }
  }

  async #hedgeTo(call: Running, node: Node, other: Node): Promise<void> {
    call.asked.add(other)
    const answers = await this.#ask(other, call)
    if (call.own) await sleep(ownPatience)
    call.asked.delete(other)
    const wanted = answers && !call.over && !call.hedged && !call.progress?.begun
    if (!wanted || (call.own && !node.isInDoubt(call.attemptTimeout))) return
    call.hedged = true
    this.#attempt(call, other, 'hedge')
  }

  #succeed(call: Running, raw: unknown): void {
    this.#settleWrite(call)
    if (call.over) return
    if (isOrderedWrite(call.job)) this.#router.overtake(call.job.keys, call.sequence)
    this.#forget(call, undefined)
    try {
      call.resolve(call.work.read(call.job, raw))
    } catch (error) {
      call.reject(error)
    }
  }

  #recover(call: Running, node: Node, error: unknown): void {
    call.outstanding--
    this.#settleWrite(call)
    this.#router.failed(node, error)
    if (call.over || call.outstanding > 0) return
    const { job, signal } = call
    if (signal?.aborted) return this.#end(call, signal.reason)
    if (!mayRetry(error, job, this.#router.settling)) return this.#giveUp(call, error)
    call.refuse(node, error)
    if (!isOrderedWrite(job)) return this.#retry(call, error)
    if (isRefused(error) || call.attempts > 1) this.#router.holdWrites(this.#writesAnswered(), node)
    this.#try(call)
  }

  #retry(call: Running, error: unknown): void {
    const { signal, deadline } = call
    const pause = retryPause(call.attempts, Math.random())
    if (this.#queue.clock.now() + pause >= deadline) return this.#end(call, error)
    if (pause === 0) return this.#try(call)
    sleep(pause, undefined, signal === undefined ? {} : { signal }).then(
      () => this.#try(call),
      () => this.#end(call, signal?.reason),
    )
  }

  #giveUp(call: Running, error: unknown): void {
    if (isOrderedWrite(call.job) && mayHaveRun(error)) this.#router.overtake(call.job.keys, call.sequence)
    const told = finalError(error, call.refusal, this.#queue.clock.now() - call.started)
    if (wasAnswered(error)) this.#end(call, told)
    else this.#refuse(call, told)
  }

  /** A call that never left costs a turn of the loop, so that a caller who asks again at once starves nobody. */
  #refuse(call: Running, error: unknown): void {
    if (call.signal?.aborted) return this.#end(call, call.signal.reason)
    setImmediate(() => this.#end(call, error))
  }

  /** Resolves when every write on its way has its answer. */
  #writesAnswered(): Promise<void> {
    if (this.#writes === 0) return Promise.resolve()
    return (this.#answering ??= new Promise((resolve) => (this.#answered = resolve)))
  }

  #settleWrite({ job }: Running): void {
    if (!isOrderedWrite(job)) return
    this.#writes--
    if (this.#writes > 0 || this.#answering === undefined) return
    this.#answered()
    this.#answering = undefined
  }

  #end(call: Running, reason: unknown): void {
    if (call.over) return
    this.#forget(call, reason)
    call.reject(reason)
  }

  #forget(call: Running, error: unknown): void {
    call.over = true
    this.#queue.remove(call)
    this.#running.delete(call)
    if (isOrderedWrite(call.job)) this.#wrote(call.job.keys)
    call.trace?.end(error)
    if (this.#running.size === 0) this.#idle?.()
  }
}

/** One call between its first attempt and its outcome. */
class Running extends Deadline implements CallContext, ExecuteOptions {
  declare readonly sequence: number
  declare readonly job: Job
  declare readonly work: Work<Job, unknown, unknown>
  declare readonly deadline: Milliseconds
  declare readonly signal: AbortSignal | undefined
  declare readonly readFrom: ReadFrom
  declare readonly attemptTimeout: Milliseconds | undefined
  declare readonly own: boolean
  declare readonly prefer: Node | undefined
  declare readonly executor: Executor
  declare readonly started: Milliseconds
  declare readonly trace: CallTrace | undefined
  declare readonly resolve: (value: unknown) => void
  declare readonly reject: (reason: unknown) => void
  declare tried: ReadonlySet<Node>
  declare refusal: unknown
  declare attempts: number
  /** Attempts that have no answer. */
  declare outstanding: number
  declare over: boolean
  /** The node that was asked first, where others may be asked beside it. */
  declare node: Node | undefined
  declare progress: Progress | undefined
  declare hedged: boolean
  /** Nodes that were asked whether they answer, and have not yet. */
  declare asked: Set<Node>

  constructor(
    executor: Executor,
    { sequence, started, trace }: Pick<Running, 'sequence' | 'started' | 'trace'>,
    job: Job,
    bounds: Bounds,
    work: Work<Job, unknown, unknown>,
    resolve: (value: unknown) => void,
    reject: (reason: unknown) => void,
  ) {
    super(Infinity)
    this.sequence = sequence
    this.job = job
    this.work = work
    this.deadline = bounds.deadline
    this.signal = bounds.signal
    this.readFrom = bounds.readFrom
    this.attemptTimeout = bounds.attemptTimeout
    this.own = bounds.own === true
    this.prefer = bounds.prefer
    this.executor = executor
    this.started = started
    this.trace = trace
    this.resolve = resolve
    this.reject = reject
    this.tried = untried
    this.refusal = undefined
    this.attempts = 0
    this.outstanding = 0
    this.over = false
    this.node = undefined
    this.progress = undefined
    this.hedged = false
    this.asked = noneAsked
  }

  /** A read has waited for the beginning of its reply for long enough. */
  expire(): void {
    this.executor.hedge(this)
  }

  preferred(): Node | undefined {
    const node = this.prefer
    return node?.state === 'up' && !this.tried.has(node) ? node : undefined
  }

  refuse(node: Node, error: unknown): void {
    this.refusal = error
    this.tried = new Set([...this.tried, node])
  }
}

function nothing(): void {}

const untried: ReadonlySet<Node> = new Set()
const noneAsked = new Set<Node>()
const ping = { args: ['PING'], decode: 'text', intent: 'read', keys: [] } as const
