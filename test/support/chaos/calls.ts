import { CacheError, TopologyError } from '../../../src/index.js'
import type { StallProbe } from '../../../src/lab/index.js'

/** What became of a call. `at` is on the clock of performance.now(). */
export type Settled<T> =
  | { readonly ok: true; readonly value: T; readonly at: number }
  /** `maybe`: it may have run all the same. */
  | { readonly ok: false; readonly maybe: boolean; readonly at: number }

/** One call that is watched. */
export interface WatchedCall<T> {
  /** Its name in problems. */
  readonly what: string
  /** All the time it has, in ms. */
  readonly deadline: number
  readonly signal?: AbortSignal | undefined
  readonly call: () => Promise<T>
}

/** Calls on their way: each settles in time, with a result or with an error that says what it is. */
export class Calls {
  readonly #probe: StallProbe
  readonly #report: (problem: string) => void
  readonly #outstanding = new Map<
    number,
    { readonly what: string; readonly madeAt: number; readonly deadline: number }
  >()
  readonly #failures = new Map<string, number>()
  #made = 0

  constructor(probe: StallProbe, report: (problem: string) => void) {
    this.#probe = probe
    this.#report = report
  }

  get made(): number {
    return this.#made
  }

  /** How many failed, by code. */
  get failures(): ReadonlyMap<string, number> {
    return this.#failures
  }

  async run<T>({ what, deadline, signal, call }: WatchedCall<T>): Promise<Settled<T>> {
    const id = this.#made++
    const madeAt = performance.now()
    this.#outstanding.set(id, { what, madeAt, deadline })
    try {
      const value = await call()
      return { ok: true, value, at: performance.now() }
    } catch (error) {
      this.#failed(what, error, signal)
      return { ok: false, maybe: mayHaveRun(error), at: performance.now() }
    } finally {
      this.#outstanding.delete(id)
      this.#judge(what, madeAt, deadline)
    }
  }

  /** Reports what should have settled by now. */
  sweep(): void {
    for (const [id, { what, madeAt, deadline }] of this.#outstanding)
      if (this.#judge(`${what}, not settled yet,`, madeAt, deadline)) this.#outstanding.delete(id)
  }

  #judge(what: string, madeAt: number, deadline: number): boolean {
    const now = performance.now()
    if (now - madeAt <= deadline + grace) return false
    const stalled = this.#probe.stalledWithin(madeAt, now)
    const took = now - madeAt - stalled
    if (took <= deadline + grace + stalled) return false
    this.#report(`${what} took ${Math.round(took)} ms of ${deadline}`)
    return true
  }

  #failed(what: string, error: unknown, signal: AbortSignal | undefined): void {
    const isReason = signal?.aborted === true && error === signal.reason
    if (!isReason && !(error instanceof CacheError)) this.#report(`${what} rejected with ${String(error)}`)
    const kind = isReason ? 'aborted' : error instanceof CacheError ? error.code : 'other'
    this.#failures.set(kind, (this.#failures.get(kind) ?? 0) + 1)
  }
}

/** Whether a call that failed may have run: not when its error says that it was never sent. */
function mayHaveRun(error: unknown): boolean {
  if (error instanceof TopologyError) return false
  return !(error instanceof Error && 'sent' in error && error.sent === false)
}

/**
 * How late a call may settle, in ms of time in which this process did not stand still; and by as long again as it stood
 * still: what came due meanwhile is worked off afterwards, by a process that still has to share its core.
 */
const grace = 500
