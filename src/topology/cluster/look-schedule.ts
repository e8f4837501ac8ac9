import type { Clock, Milliseconds } from '../../units.js'
import { Schedule } from '../schedule.js'

/** What a look came to. */
export interface LookOutcome {
  /** Whether the map is another one now. */
  readonly news: boolean
  /** When the next look is due at the latest, in ms. */
  readonly pause: Milliseconds
}

/**
 * When the map is looked for: one look at a time, and none before the least gap since the last question of the one before
 * is over. Whoever wants a look meanwhile shares the next one; a look that finds news serves those who wanted one while it
 * went on, since it was that news which made them ask.
 */
export class LookSchedule {
  readonly #clock: Clock
  readonly #look: () => Promise<LookOutcome>
  readonly #timer: Schedule
  #waiting: (() => void)[] = []
  #looking = false
  /** When the next look is wanted, while one goes on. */
  #wantedAt = Infinity
  #notBefore = -Infinity

  /** @param look never rejects */
  constructor(clock: Clock, look: () => Promise<LookOutcome>) {
    this.#clock = clock
    this.#look = look
    this.#timer = new Schedule(clock, () => void this.#run())
  }

  /** Looks in this many ms, or earlier if that was planned already; later where the least gap is not over. */
  within(delay: Milliseconds): void {
    const at = this.#clock.now() + delay
    if (this.#looking) this.#wantedAt = Math.min(this.#wantedAt, at)
    else this.#timer.within(Math.max(at, this.#notBefore) - this.#clock.now())
  }

  /** No look begins for this long, whoever wants one: a question leaves, or a look would find nodes that disagree. */
  keepGap(gap: Milliseconds): void {
    this.#notBefore = Math.max(this.#notBefore, this.#clock.now() + gap)
  }

  /** Resolves when the next look that begins has ended. */
  next(): Promise<void> {
    return new Promise((resolve) => this.#waiting.push(resolve))
  }

  stop(): void {
    this.#timer.stop()
    this.#release(this.#waiting)
    this.#waiting = []
  }

  async #run(): Promise<void> {
    const early = this.#notBefore - this.#clock.now()
    if (early > 0) return this.#timer.within(early)
    const waiting = this.#waiting
    this.#waiting = []
    this.#looking = true
    const { news, pause } = await this.#look()
    this.#looking = false
    this.#release(waiting)
    const wanted = news ? pause : Math.min(pause, Math.max(0, this.#wantedAt - this.#clock.now()))
    this.#wantedAt = Infinity
    this.within(wanted)
  }

  #release(waiting: readonly (() => void)[]): void {
    for (const resolve of waiting) resolve()
  }
}
