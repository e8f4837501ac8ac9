/**
 * Keeps the places of calls that cannot be handed to the client yet: calls that share a key with one of them wait behind
 * it, and calls without keys behind all of them. Nothing is kept, and nothing waits, while every call can be handed over
 * at once.
 */
export class KeyOrder {
  /** For each key, what the next call of this key waits for. */
  readonly #last = new Map<string, Promise<unknown>>()
  /** What every call waits for: the last one without keys. */
  #lastOfAll: Promise<unknown> | undefined

  /** Whether no place is kept. */
  get idle(): boolean {
    return this.#last.size === 0 && this.#lastOfAll === undefined
  }

  /** Gives what a call of these keys must wait for; undefined when it need not wait. No keys are all keys. */
  before(keys: readonly string[]): Promise<unknown> | undefined {
    if (this.idle) return undefined
    const found = new Set(keys.length === 0 ? this.#last.values() : this.#of(keys))
    if (this.#lastOfAll !== undefined) found.add(this.#lastOfAll)
    return found.size === 0 ? undefined : Promise.all(found)
  }

  /**
   * Keeps a place behind `before`; returns the function that gives it up. Who waits behind it waits for `before` too, so
   * that a call that gives up early lets nobody pass those ahead of it.
   */
  hold(keys: readonly string[], before?: Promise<unknown>): () => void {
    let release!: () => void
    const own = new Promise<void>((resolve) => (release = resolve))
    const last = before === undefined ? own : Promise.all([before, own])
    if (keys.length === 0) this.#lastOfAll = last
    for (const key of keys) this.#last.set(key, last)
    void last.then(() => this.#forget(keys, last))
    return release
  }

  #forget(keys: readonly string[], last: Promise<unknown>): void {
    if (this.#lastOfAll === last) this.#lastOfAll = undefined
    for (const key of keys) if (this.#last.get(key) === last) this.#last.delete(key)
  }

  *#of(keys: readonly string[]): Generator<Promise<unknown>> {
    for (const key of keys) {
      const last = this.#last.get(key)
      if (last !== undefined) yield last
    }
  }
}
