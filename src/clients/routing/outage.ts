import type { Clock, Milliseconds } from '../../units.js'

/**
 * Tells when nothing has been of use for so long that nobody should wait any more.
 * From then on `lasting` is true until something is of use again.
 */
export class Outage {
  readonly #patience: Milliseconds
  readonly #clock: Clock
  readonly #began: () => void
  #timer: NodeJS.Timeout | undefined
  #lasting = false

  constructor(patience: Milliseconds, clock: Clock, began: () => void) {
    this.#patience = patience
    this.#clock = clock
    this.#began = began
  }

  get lasting(): boolean {
    return this.#lasting
  }

  /** @param since since when nothing has been of use; `undefined`: something is */
  update(since: Milliseconds | undefined): void {
    if (since === undefined) return this.end()
    if (!this.#lasting && this.#timer === undefined) this.#wait(since + this.#patience)
  }

  end(): void {
    clearTimeout(this.#timer)
    this.#timer = undefined
    this.#lasting = false
  }

  /** A timer may be over sooner than its time on the clock, which stands still while our own loop does. */
  #wait(until: Milliseconds): void {
    const left = Math.max(0, until - this.#clock.now())
    this.#timer = setTimeout(() => (this.#clock.now() < until ? this.#wait(until) : this.#begin()), left)
  }

  #begin(): void {
    this.#timer = undefined
    this.#lasting = true
    this.#began()
  }
}
