import type { Milliseconds } from '../units.js'

/** How many reads may be asked of a second node while the first answers others: a tenth of all, and 20 in a burst. */
export class HedgeBudget {
  #tokens = burst

  /** A read begins. */
  earn(): void {
    if (this.#tokens < burst) this.#tokens += share
  }

  /** Whether one more may be asked of a second node; it is spent then. */
  take(): boolean {
    if (this.#tokens < 1) return false
    this.#tokens -= 1
    return true
  }
}

const burst = 20
const share = 0.1

/** How long a primary that is silent may still answer a PING before a replica is asked for an own write, in ms. */
export const ownPatience: Milliseconds = 25
