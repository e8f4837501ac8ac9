import type { FailoverNotice } from '../../topology/topology.js'
import { longestTimer, type Milliseconds } from '../../units.js'

/**
 * Whether writes are held because the primary is about to be replaced: what it still accepts would be lost.
 * One hold for each failover, for as long as it is heard of and `longest` at most.
 */
export class WriteHold {
  readonly #longest: Milliseconds
  readonly #released: () => void
  #timer: NodeJS.Timeout | undefined
  #failover: number | undefined

  constructor(longest: Milliseconds, released: () => void) {
    this.#longest = Math.min(longest, longestTimer)
    this.#released = released
  }

  get active(): boolean {
    return this.#timer !== undefined
  }

  /** Begins a hold, or ends it; whoever calls looks after those who waited. */
  follow(notice: FailoverNotice | undefined): void {
    if (notice?.id === this.#failover) return
    this.stop()
    this.#failover = notice?.id
    if (notice !== undefined && this.#longest > 0) this.#timer = setTimeout(() => this.#giveUp(), this.#longest)
  }

  stop(): void {
    clearTimeout(this.#timer)
    this.#timer = undefined
  }

  #giveUp(): void {
    this.#timer = undefined
    this.#released()
  }
}
