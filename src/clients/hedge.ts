/** How many reads may be asked of a second node: a tenth of all, and 20 in a burst. */
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
