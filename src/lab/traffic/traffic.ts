import { setTimeout as sleep } from 'node:timers/promises'
import { monotonicClock, type Milliseconds } from '../../units.js'
import { trafficReport, type TrafficReport } from './report.js'

/** A stream of operations. */
export interface TrafficOptions {
  /** Operations per second. */
  readonly rate: number
  /** One operation; `n` counts from 0. */
  readonly operation: (n: number) => Promise<unknown>
  /** Hears of each that failed. @default none */
  readonly onFailure?: ((error: unknown, n: number) => void) | undefined
}

/**
 * Starts a steady stream of operations, to see how long a fault is felt.
 * They are issued on a fixed schedule, whether or not the earlier ones are done; a late timer catches up at once.
 */
export function startTraffic(options: TrafficOptions): Traffic {
  return new Traffic(options)
}

/** A stream of operations that is under way. */
export class Traffic {
  readonly #options: TrafficOptions
  readonly #startedAt: Milliseconds = monotonicClock.now()
  readonly #outstanding = new Set<Promise<void>>()
  readonly #successTimes: Milliseconds[] = []
  readonly #failures = new Map<string, number>()
  #issued = 0
  #failed = 0
  #timer: NodeJS.Timeout | undefined
  #endedAt: Milliseconds | undefined

  /** @internal {@link startTraffic} makes them. */
  constructor(options: TrafficOptions) {
    this.#options = options
    this.#issue()
  }

  get issued(): number {
    return this.#issued
  }

  get succeeded(): number {
    return this.#successTimes.length
  }

  get failed(): number {
    return this.#failed
  }

  get unsettled(): number {
    return this.#outstanding.size
  }

  /** Now, on the clock of the report; to ask later what was felt since. */
  mark(): Milliseconds {
    return monotonicClock.now()
  }

  /** What became of it, up to now. */
  report(): TrafficReport {
    const { issued, succeeded, failed, unsettled } = this
    return trafficReport({
      issued,
      succeeded,
      failed,
      unsettled,
      failures: new Map(this.#failures),
      startedAt: this.#startedAt,
      endedAt: this.#endedAt ?? monotonicClock.now(),
      successTimes: [...this.#successTimes],
    })
  }

  /** Issues no more and waits for what is outstanding, `settleWithin` ms at most. */
  async stop({ settleWithin = 10_000 }: { readonly settleWithin?: Milliseconds } = {}): Promise<TrafficReport> {
    clearTimeout(this.#timer)
    this.#endedAt ??= monotonicClock.now()
    const waited = new AbortController()
    const limit = sleep(settleWithin, undefined, { signal: waited.signal }).catch(() => {})
    await Promise.race([Promise.all(this.#outstanding), limit])
    waited.abort()
    return this.report()
  }

  #issue(): void {
    const due = ((monotonicClock.now() - this.#startedAt) * this.#options.rate) / 1_000
    while (this.#issued <= due) this.#run(this.#issued++)
    const next = this.#startedAt + (this.#issued * 1_000) / this.#options.rate
    this.#timer = setTimeout(() => this.#issue(), Math.max(0, next - monotonicClock.now()))
  }

  #run(n: number): void {
    const run = this.#settle(n).finally(() => this.#outstanding.delete(run))
    this.#outstanding.add(run)
  }

  async #settle(n: number): Promise<void> {
    const { operation, onFailure } = this.#options
    try {
      await operation(n)
      this.#successTimes.push(monotonicClock.now())
    } catch (error) {
      this.#failed += 1
      const kind = codeOf(error)
      this.#failures.set(kind, (this.#failures.get(kind) ?? 0) + 1)
      onFailure?.(error, n)
    }
  }
}

function codeOf(error: unknown): string {
  if (!(error instanceof Error)) return typeof error
  return 'code' in error && typeof error.code === 'string' ? error.code : error.name
}
