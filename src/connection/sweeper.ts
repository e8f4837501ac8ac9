import type { Clock, Milliseconds } from '../units.js'

/**
 * One coarse clock for many deadlines: calls `sweep` every 20 ms while that says there is something to watch.
 * A sweep that comes late, because the event loop stalled, lets one poll phase pass first: replies that wait in the
 * socket are read before anything expires, so that a long pause of ours does not look like a dead server.
 */
export class Sweeper {
  readonly #clock: Clock
  readonly #sweep: (now: Milliseconds) => boolean
  #timer: NodeJS.Timeout | undefined
  #due = 0

  constructor(clock: Clock, sweep: (now: Milliseconds) => boolean) {
    this.#clock = clock
    this.#sweep = sweep
  }

  start(): void {
    if (this.#timer !== undefined) return
    this.#due = this.#clock.now() + interval
    this.#timer = setTimeout(() => this.#tick(), interval)
  }

  stop(): void {
    clearTimeout(this.#timer)
    this.#timer = undefined
  }

  #tick(): void {
    if (this.#clock.now() - this.#due < stall) this.#run()
    else setImmediate(() => this.#run())
  }

  #run(): void {
    if (this.#timer === undefined) return
    this.#timer = undefined
    if (this.#sweep(this.#clock.now())) this.start()
  }
}

const interval = 20
/** How late a tick must be to count as a stall, in ms. */
const stall = 20
