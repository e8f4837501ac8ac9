import type { Milliseconds } from '../../units.js'
import { dropOldest } from './loader-times.js'

/** What is known of a key whose last loads failed. */
interface Failing {
  readonly failures: number
  /** When it may be loaded again, on the loop clock. */
  readonly until: Milliseconds
}

/**
 * When keys may be loaded again whose loads fail while stale values are served.
 * Bounds: 10,000 keys; those that failed longest ago are forgotten first.
 */
export class LoadFailures {
  readonly #failing = new Map<string, Failing>()

  /** Whether a key is not to be loaded yet. */
  waits(key: string, now: Milliseconds): boolean {
    return this.#failing.size > 0 && now < (this.#failing.get(key)?.until ?? -Infinity)
  }

  failed(key: string, now: Milliseconds, backoff: Milliseconds): void {
    const failures = (this.#failing.get(key)?.failures ?? 0) + 1
    this.#failing.delete(key)
    this.#failing.set(key, { failures, until: now + backoffAfter(failures, backoff) })
    dropOldest(this.#failing)
  }

  succeeded(key: string): void {
    this.#failing.delete(key)
  }
}

/** How long a key waits after so many failures in a row: twice as long each time, up to 30 s or to the first when it is longer. */
export function backoffAfter(failures: number, first: Milliseconds): Milliseconds {
  return Math.max(first, Math.min(longestBackoff, first * 2 ** (failures - 1)))
}

const longestBackoff = 30_000
