import { timerDelay, type Clock, type Milliseconds } from '../units.js'

/** When the next look is due: the earliest of the times that were asked for since the last one. */
export class Schedule {
  readonly #clock: Clock
  readonly #look: () => void
  #timer: NodeJS.Timeout | undefined
  #due = Infinity
  #stopped = false

  constructor(clock: Clock, look: () => void) {
    this.#clock = clock
    this.#look = look
  }

  /** Looks in this many ms, or earlier if that was planned already. */
  within(delay: Milliseconds): void {
    const due = this.#clock.now() + delay
    if (this.#stopped || due >= this.#due) return
    this.#due = due
    clearTimeout(this.#timer)
    this.#timer = setTimeout(() => this.#run(), timerDelay(delay))
  }

  /** Looks now, instead of what was planned. */
  now(): void {
    clearTimeout(this.#timer)
    if (!this.#stopped) this.#run()
  }

  stop(): void {
    this.#stopped = true
    clearTimeout(this.#timer)
  }

  #run(): void {
    this.#due = Infinity
    this.#look()
  }
}
