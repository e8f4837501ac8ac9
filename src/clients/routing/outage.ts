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
    const left = Math.max(0, since + this.#patience - this.#clock.now())
    if (!this.#lasting) this.#timer ??= setTimeout(() => this.#begin(), left)
  }

  end(): void {
    clearTimeout(this.#timer)
    this.#timer = undefined
    this.#lasting = false
  }

  #begin(): void {
    this.#timer = undefined
    this.#lasting = true
    this.#began()
  }
}
