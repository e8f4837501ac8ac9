import { monotonicClock, type Milliseconds } from '../../units.js'

/** How often it looks, in ms; shorter stalls than a tick are not seen. */
const tick: Milliseconds = 5

/** Measures how long this process's event loop stood still, so that a test can tell its own pauses from a server's. */
export function startStallProbe(): StallProbe {
  return new StallProbe()
}

/** Sees when this process stands still. */
export class StallProbe {
  readonly #stalls: { readonly endedAt: Milliseconds; readonly length: Milliseconds }[] = []
  readonly #timer: NodeJS.Timeout
  #lastTick: Milliseconds = monotonicClock.now()

  constructor() {
    this.#timer = setInterval(() => this.#look(), tick).unref()
  }

  get longestStall(): Milliseconds {
    return this.longestStallSince(0)
  }

  /** The longest of those that were not over at `time` (performance.now()); one that is still on counts. */
  longestStallSince(time: Milliseconds): Milliseconds {
    this.#look()
    return this.#stalls.reduce((most, { endedAt, length }) => (endedAt > time ? Math.max(most, length) : most), 0)
  }

  /** How much of this stretch of time it stood still. */
  stalledWithin(from: Milliseconds, to: Milliseconds): Milliseconds {
    this.#look()
    const overlap = (endedAt: Milliseconds, length: Milliseconds): Milliseconds =>
      Math.max(0, Math.min(endedAt, to) - Math.max(endedAt - length, from))
    return this.#stalls.reduce((sum, { endedAt, length }) => sum + overlap(endedAt, length), 0)
  }

  /** Ends the looking. */
  stop(): void {
    clearInterval(this.#timer)
  }

  #look(): void {
    const now = monotonicClock.now()
    const length = now - this.#lastTick - tick
    if (length > tick) this.#stalls.push({ endedAt: now, length })
    this.#lastTick = now
  }
}
