import { setTimeout as sleep } from 'node:timers/promises'
import { deadlines, type DeadlineQueue } from '../connection/deadlines.js'
import { Node } from '../connection/node.js'
import { CallMeters } from '../telemetry/call-meters.js'
import type { AttemptKind, CallObserver } from '../telemetry/observer.js'
import type { Milliseconds } from '../units.js'
import { CommandError } from '../errors.js'
import { HedgeBudget, ownPatience } from './hedge.js'
import { finalError, isRefused, mayHaveRun, mayRetry, retryPause, wasAnswered } from './retry.js'
import { isOrderedWrite } from './routing/call-queue.js'
import { Lane } from './routing/lane.js'
import type { Router } from './routing/router.js'
import { RunningCall, type HedgeListener } from './running-call.js'
import type { Bounds, Job, Unfinished, Work } from './work.js'

/** What an executor may be given. */
export interface ExecutorParts {
  /** Hears of each call. @default nobody */
  readonly observer?: CallObserver | undefined
  /** Counts each call. @default its own */
  readonly meters?: CallMeters | undefined
  /** @default that of the process */
  readonly queue?: DeadlineQueue
}

/**
 * The only retry loop: picks a node, tries, takes failures as evidence, tries again while that is safe and there is
 * time. A read that has no answer yet is asked of a second node that is known to answer; the first answer counts.
 * Knows what runs, for sockets cannot tell: other clients may use the same.
 */
export class Executor implements HedgeListener {
  readonly #router: Router
  readonly #wrote: (keys: readonly string[]) => void
  readonly #queue: DeadlineQueue
  readonly #observer: CallObserver | undefined
  readonly #meters: CallMeters
  readonly #budget = new HedgeBudget()
  /** Not a Set: a Set of calls that come and go keeps dead ones alive until a full garbage collection (`bench/`). */
  readonly #running = new Lane<RunningCall>()
  #sequence = 0
  #writes = 0
  #answering: Promise<void> | undefined
  #answered: () => void = nothing
  #idle: (() => void)[] = []

  /** @param wrote called with the keys of each write that is over, whatever came of it */
  constructor(
    router: Router,
    wrote: (keys: readonly string[]) => void,
    { observer, meters = new CallMeters(), queue = deadlines }: ExecutorParts = {},
  ) {
    this.#router = router
    this.#wrote = wrote
    this.#observer = observer
    this.#meters = meters
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
    const call = new RunningCall(this, place, job, bounds, works, resolve as (value: unknown) => void, reject)
    this.#running.add(call)
    if (job.intent === 'read') this.#budget.earn()
    this.#try(call)
  }

  /** Goes on with a call that another executor has begun. */
  adopt({ job, work, started, trace, attempts, resolve, reject }: Unfinished, bounds: Bounds): void {
    const place = { sequence: ++this.#sequence, started, trace }
    const call = new RunningCall(this, place, job, bounds, work, resolve, reject)
    call.attempts = attempts
    this.#running.add(call)
    this.#try(call)
  }

  /** The calls that are not over, in the order in which they were made. */
  get running(): Iterable<RunningCall> {
    return this.#running
  }

  /** The place of the latest call. */
  get sequence(): number {
    return this.#sequence
  }

  /** Whether calls run. */
  get busy(): boolean {
    return this.#running.size > 0
  }

  /** Resolves when nothing runs any more. */
  async settled(): Promise<void> {
    if (this.busy) await new Promise<void>((resolve) => this.#idle.push(resolve))
  }

  /** Rejects what runs, now; what becomes of its commands is nobody's concern any more. */
  abandon(reason: Error): void {
    for (const call of this.#running) this.#end(call, reason)
  }

  /** @internal A read has waited for the beginning of its reply for long enough. */
  hedge(call: RunningCall): void {
    const { node, progress } = call
    if (call.over || call.hedged || node === undefined || progress?.begun) return
    this.#setAlarm(call, node)
    const others = this.#router.others(call.job, call, node).filter((other) => !call.asked.has(other))
    // A node from which nothing comes at all is no reason to be thrifty: only those that answer PING get its reads.
    if (others.length === 0 || (!node.isInDoubt(call.attemptTimeout) && !this.#budget.take())) return
    if (call.own) void this.#ask(node, call)
    for (const other of others) void this.#hedgeTo(call, node, other)
  }

  #try(call: RunningCall): void {
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

  #attempt(call: RunningCall, node: Node, kind: AttemptKind): void {
    if (call.over) return
    const { job, work, deadline, signal } = call
    call.trace?.attempt(node.address, kind)
    const meter = this.#meters.attempt(node, kind)
    const { clock } = this.#queue
    const began = clock.recent()
    call.attempts++
    call.outstanding++
    if (isOrderedWrite(job)) this.#writes++
    else if (kind !== 'hedge') this.#watch(call, node)
    work.attempt(
      job,
      node,
      kind === 'hedge' ? { deadline, signal } : call,
      (raw) => {
        meter.ended(clock.recent() - began)
        this.#succeed(call, raw)
      },
      (error) => {
        meter.failed(clock.recent() - began)
        this.#fail(call, node, error)
      },
    )
  }

  /** A server's refusals are taken in the order in which they came; a loss is taken when the pool knows of it. */
  #fail(call: RunningCall, node: Node, error: unknown): void {
    if (error instanceof CommandError) this.#recover(call, node, error)
    else queueMicrotask(() => this.#recover(call, node, error))
  }

  /** Where other nodes serve the read as well, looks again when the reply has not begun in time. */
  #watch(call: RunningCall, node: Node): void {
    if (!this.#router.hasOthers(call.job, call, node)) return
    call.node = node
    call.progress = { generation: undefined, begun: false }
    this.#setAlarm(call, node)
  }

  #setAlarm(call: RunningCall, node: Node): void {
    this.#queue.remove(call)
    call.due = this.#queue.clock.recent() + (call.attemptTimeout ?? node.usualPatience)
    this.#queue.add(call)
  }

  /** Asks a node whether it answers at all; a frozen one never gets the read. */
  async #ask(node: Node, { deadline, signal }: RunningCall): Promise<boolean> {
    try {
      await node.pool.execute(ping, { deadline, signal, control: true })
      return true
    } catch {
      return false
    }
  }

  async #hedgeTo(call: RunningCall, node: Node, other: Node): Promise<void> {
    call.ask(other)
    const answers = await this.#ask(other, call)
    if (call.own) await sleep(ownPatience)
    call.asked.delete(other)
    const wanted = answers && !call.over && !call.hedged && !call.progress?.begun
    if (!wanted || (call.own && !node.isInDoubt(call.attemptTimeout))) return
    call.hedged = true
    this.#attempt(call, other, 'hedge')
  }

  #succeed(call: RunningCall, raw: unknown): void {
    this.#settleWrite(call)
    if (call.over) return
    if (isOrderedWrite(call.job)) this.#router.ran(call.job.keys, call.sequence)
    let value: unknown
    try {
      value = call.work.read(call.job, raw)
    } catch (error) {
      return this.#end(call, error)
    }
    this.#forget(call, undefined)
    call.resolve(value)
  }

  #recover(call: RunningCall, node: Node, error: unknown): void {
    call.outstanding--
    this.#settleWrite(call)
    this.#router.failed(node, error)
    if (call.over || call.outstanding > 0) return
    const { job, signal, work } = call
    if (signal?.aborted) return this.#end(call, signal.reason)
    const redirected = error instanceof CommandError ? work.redirect?.(call, node, error) : undefined
    if (redirected === 'taken') return this.#release(call)
    if (redirected === undefined && !mayRetry(error, job, this.#router.settling)) return this.#giveUp(call, error)
    call.refuse(node, error)
    if (!isOrderedWrite(job)) return this.#retry(call, error)
    if (redirected === 'again' || isRefused(error) || call.attempts > 1)
      this.#router.holdWrites(this.#writesAnswered(), node)
    this.#try(call)
  }

  #retry(call: RunningCall, error: unknown): void {
    const { signal, deadline } = call
    const pause = retryPause(call.attempts, Math.random())
    if (this.#queue.clock.now() + pause >= deadline) return this.#end(call, error)
    if (pause === 0) return this.#try(call)
    sleep(pause, undefined, signal === undefined ? {} : { signal }).then(
      () => this.#try(call),
      () => this.#end(call, signal?.reason),
    )
  }

  #giveUp(call: RunningCall, error: unknown): void {
    if (isOrderedWrite(call.job) && mayHaveRun(error)) this.#router.ran(call.job.keys, call.sequence)
    const told = finalError(error, call.refusal, this.#queue.clock.now() - call.started)
    if (wasAnswered(error)) this.#end(call, told)
    else this.#refuse(call, told)
  }

  /** A call that never left costs a turn of the loop, so that a caller who asks again at once starves nobody. */
  #refuse(call: RunningCall, error: unknown): void {
    if (call.signal?.aborted) return this.#end(call, call.signal.reason)
    if (this.#queue.clock.now() - call.started >= longestRun) return this.#end(call, error)
    setImmediate(() => this.#end(call, error))
  }

  /** Resolves when every write on its way has its answer. */
  #writesAnswered(): Promise<void> {
    if (this.#writes === 0) return Promise.resolve()
    return (this.#answering ??= new Promise((resolve) => (this.#answered = resolve)))
  }

  #settleWrite({ job }: RunningCall): void {
    if (!isOrderedWrite(job)) return
    this.#writes--
    if (this.#writes > 0 || this.#answering === undefined) return
    this.#answered()
    this.#answering = undefined
  }

  #end(call: RunningCall, reason: unknown): void {
    if (call.over) return
    this.#forget(call, reason ?? null)
    call.reject(reason)
  }

  #forget(call: RunningCall, error: unknown): void {
    call.trace?.end(error)
    this.#meters.ended(call, this.#queue.clock.recent() - call.started, error)
    this.#release(call)
  }

  /** Its outcome is not the affair of this executor any more. */
  #release(call: RunningCall): void {
    call.over = true
    this.#queue.remove(call)
    this.#running.remove(call)
    if (isOrderedWrite(call.job)) this.#wrote(call.job.keys)
    call.left?.()
    if (!this.busy && this.#idle.length > 0) for (const resolve of this.#idle.splice(0)) resolve()
  }
}

function nothing(): void {}

/** A call that has waited for longer than this has let the loop turn, in ms. */
const longestRun: Milliseconds = 5
const ping = { args: ['PING'], decode: 'text', intent: 'read', keys: [] } as const
