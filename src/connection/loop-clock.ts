import { monotonicClock, type Clock, type Milliseconds } from '../units.js'

/**
 * Time that stands still while our own event loop does, in ms.
 * A turn of the loop counts for 50 ms at most, so that a long garbage collection, long synchronous work or a stopped
 * process never looks like a server that is silent. While somebody waits, {@link DeadlineQueue} calls `tick` every
 * 10 ms; while nobody does, time passes as usual.
 */
export class LoopClock implements Clock {
  readonly #source: Clock
  /** When the loop was last seen to turn, on the source; `undefined` while nobody looks. */
  #turned: Milliseconds | undefined
  /** All stalls so far. */
  #stalled: Milliseconds = 0
  #recent: Milliseconds | undefined
  readonly #forgetRecent = (): void => {
    this.#recent = undefined
  }

  constructor(source: Clock = monotonicClock) {
    this.#source = source
  }

  now(): Milliseconds {
    const now = this.#source.now()
    const turned = this.#turned
    return (turned !== undefined && now > turned + longestTurn ? turned + longestTurn : now) - this.#stalled
  }

  /**
   * As `now`, read once for everything that runs without a break: a fraction of a ms old at most, unless our own code
   * holds the loop. Hot path: reading the clock is a twentieth of the work of a GET (`bench/`).
   */
  recent(): Milliseconds {
    if (this.#recent === undefined) {
      this.#recent = this.now()
      queueMicrotask(this.#forgetRecent)
    }
    return this.#recent
  }

  /** The loop turns: what has passed since the last tick, beyond 50 ms, was a stall. */
  tick(): void {
    const now = this.#source.now()
    if (this.#turned !== undefined) this.#stalled += Math.max(0, now - this.#turned - longestTurn)
    this.#turned = now
  }

  /** Nobody calls `tick` from now on. */
  rest(): void {
    this.tick()
    this.#turned = undefined
  }
}

const longestTurn: Milliseconds = 50
