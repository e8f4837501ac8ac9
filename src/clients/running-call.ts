import type { ExecuteOptions, Progress } from '../connection/connection.js'
import { Deadline } from '../connection/deadlines.js'
import type { Node } from '../connection/node.js'
import type { CallTrace } from '../telemetry/observer.js'
import type { ReadFrom } from '../topology/read-from.js'
import type { Milliseconds } from '../units.js'
import type { InLine } from './routing/lane.js'
import type { CallContext } from './routing/router.js'
import type { Bounds, Job, Unfinished, Work } from './work.js'

/** Whom a call tells that its reply has not begun in time. */
export interface HedgeListener {
  hedge(call: RunningCall): void
}

/** One call between its first attempt and its outcome. */
export class RunningCall extends Deadline implements CallContext, ExecuteOptions, Unfinished, InLine<RunningCall> {
  declare readonly sequence: number
  declare readonly job: Job
  declare readonly work: Work<Job, unknown, unknown>
  declare readonly deadline: Milliseconds
  declare readonly signal: AbortSignal | undefined
  declare readonly readFrom: ReadFrom
  declare readonly attemptTimeout: Milliseconds | undefined
  declare readonly own: boolean
  declare readonly prefer: Node | undefined
  declare readonly asking: boolean
  declare readonly executor: HedgeListener
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
  /** @internal The neighbours among the calls that run. */
  declare before: RunningCall | undefined
  /** @internal */
  declare after: RunningCall | undefined
  /** Called when it is over, or another executor goes on with it. */
  declare left: (() => void) | undefined

  constructor(
    executor: HedgeListener,
    { sequence, started, trace }: Pick<RunningCall, 'sequence' | 'started' | 'trace'>,
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
    this.asking = bounds.asking === true
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
    this.before = undefined
    this.after = undefined
    this.left = undefined
  }

  /** A read has waited for the beginning of its reply for long enough. */
  expire(): void {
    this.executor.hedge(this)
  }

  /** Notes that a node was asked whether it answers. Hot path: most calls ask none, and need no set of their own. */
  ask(node: Node): void {
    if (this.asked === noneAsked) this.asked = new Set()
    this.asked.add(node)
  }

  preferred(): Node | undefined {
    const node = this.prefer
    return node?.state === 'up' && !this.tried.has(node) ? node : undefined
  }

  /** Calls the listener when it is over, or another executor goes on with it. */
  whenLeft(listener: () => void): void {
    const before = this.left
    this.left = () => {
      before?.()
      listener()
    }
  }

  refuse(node: Node, error: unknown): void {
    this.refusal = error
    this.tried = new Set([...this.tried, node])
  }
}

const untried: ReadonlySet<Node> = new Set()
const noneAsked = new Set<Node>()
