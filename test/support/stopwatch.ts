import { startStallProbe, type StallProbe } from '../../src/lab/index.js'

/**
 * Measures how long something takes, less what this process stood still meanwhile: other work on the machine does not
 * make it longer.
 */
export class Stopwatch {
  readonly #probe: StallProbe = startStallProbe()
  readonly #startedAt = performance.now()

  /** How long it has been, in ms; `at` is on the clock of performance.now(). */
  elapsed(at = performance.now()): number {
    return at - this.#startedAt - this.#probe.stalledWithin(this.#startedAt, at)
  }

  /** As `elapsed`, once. */
  stop(at = performance.now()): number {
    const elapsed = this.elapsed(at)
    this.#probe.stop()
    return elapsed
  }

  [Symbol.dispose](): void {
    this.#probe.stop()
  }
}
