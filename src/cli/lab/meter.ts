import type { Milliseconds } from '../../units.js'

/** What a stream of calls looks like now. */
export interface Reading {
  /** Calls that succeeded, per second. */
  readonly rate: number
  /** What 99 of 100 of them took at most, in ms; `undefined` where none succeeded. */
  readonly p99: Milliseconds | undefined
  /** How long none has succeeded, in ms. */
  readonly gap: Milliseconds
  /** The longest time without one since {@link Meter.reset}. */
  readonly longestGap: Milliseconds
  /** Those that failed since it was made. */
  readonly failed: number
}

/** Measures a stream of calls over the last seconds. */
export class Meter {
  readonly #window: Milliseconds
  #calls: { readonly at: Milliseconds; readonly took: Milliseconds }[] = []
  #latest: Milliseconds
  #longestGap: Milliseconds = 0
  #failed = 0

  /** @param now when it begins, in ms on the clock of all that follows */
  constructor(now: Milliseconds, window: Milliseconds = 3_000) {
    this.#latest = now
    this.#window = window
  }

  succeeded(at: Milliseconds, took: Milliseconds): void {
    this.#longestGap = Math.max(this.#longestGap, at - this.#latest)
    this.#latest = at
    this.#calls.push({ at, took })
  }

  failed(): void {
    this.#failed += 1
  }

  /** Forgets the longest gap. */
  reset(): void {
    this.#longestGap = 0
  }

  read(now: Milliseconds): Reading {
    this.#calls = this.#calls.filter(({ at }) => at > now - this.#window)
    const times = this.#calls.map(({ took }) => took).sort((one, other) => one - other)
    const gap = now - this.#latest
    return {
      rate: (times.length * 1_000) / this.#window,
      p99: times[Math.ceil(times.length * 0.99) - 1],
      gap,
      longestGap: Math.max(this.#longestGap, gap),
      failed: this.#failed,
    }
  }
}
