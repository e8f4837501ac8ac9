import type { Clock, Milliseconds } from '../units.js'

/**
 * One coarse clock for many deadlines: calls `sweep` every 10 ms while that says there is something to watch.
 * The time it passes is that of the tick before: between two ticks lies a poll phase, so replies that wait in the
 * socket are read before anything expires, and a long pause of ours does not look like a dead server.
 */
export class Sweeper {
  readonly #clock: Clock
  readonly #sweep: (now: Milliseconds) => boolean
  #timer: NodeJS.Timeout | undefined
  #lastTick = 0

  constructor(clock: Clock, sweep: (now: Milliseconds) => boolean) {
    this.#clock = clock
    this.#sweep = sweep
  }

  start(): void {
    if (this.#timer !== undefined) return
    this.#lastTick = this.#clock.now()
    this.#timer = setTimeout(() => this.#tick(), interval)
  }

  stop(): void {
    clearTimeout(this.#timer)
    this.#timer = undefined
  }

  #tick(): void {
    this.#timer = undefined
    if (this.#sweep(this.#lastTick)) this.start()
  }
}

const interval = 10
