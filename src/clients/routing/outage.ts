import type { Milliseconds } from '../../units.js'

/**
 * Tells when nothing has been of use for so long that nobody should wait any more.
 * From then on `lasting` is true until something is of use again.
 */
export class Outage {
  readonly #patience: Milliseconds
  readonly #began: () => void
  #timer: NodeJS.Timeout | undefined
  #lasting = false

  constructor(patience: Milliseconds, began: () => void) {
    this.#patience = patience
    this.#began = began
  }

  get lasting(): boolean {
    return this.#lasting
  }

  update(nothingWorks: boolean): void {
    if (!nothingWorks) return this.end()
    if (!this.#lasting) this.#timer ??= setTimeout(() => this.#begin(), this.#patience)
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
