/** How much of a stretch of time our own process stood still, in ms. */
export type StalledWithin = (from: number, to: number) => number

/** How long something has been so on end, less what our own process stood still meanwhile. */
export class Spell {
  readonly #stalled: StalledWithin
  #since: number | undefined

  constructor(stalled: StalledWithin) {
    this.#stalled = stalled
  }

  /** Gives how long it has been so by now, in ms; 0 when it is not. */
  note(isSo: boolean, now: number): number {
    if (!isSo) this.#since = undefined
    else this.#since ??= now
    return this.#since === undefined ? 0 : now - this.#since - this.#stalled(this.#since, now)
  }
}
