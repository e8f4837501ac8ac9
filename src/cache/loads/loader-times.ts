import type { Milliseconds } from '../../units.js'

/**
 * How long loaders take in this process: that of a key the last time, and where it has not been measured, that of the
 * cache on average, of which each measurement is an eighth.
 * Bounds: 10,000 keys; those that were measured longest ago are forgotten first.
 */
export class LoaderTimes {
  readonly #ofKeys = new Map<string, Milliseconds>()
  #average: Milliseconds | undefined

  /** In ms; `undefined` while none was measured. */
  of(key: string): Milliseconds | undefined {
    return this.#ofKeys.get(key) ?? this.#average
  }

  /** @param took in ms; `undefined` when it was not measured */
  add(key: string, took: Milliseconds | undefined): void {
    if (took === undefined) return
    this.#average = this.#average === undefined ? took : this.#average + (took - this.#average) / 8
    this.#ofKeys.delete(key)
    this.#ofKeys.set(key, took)
    dropOldest(this.#ofKeys)
  }
}

/** Keeps a map within 10,000 keys: those that were set longest ago go. */
export function dropOldest(map: Map<string, unknown>): void {
  if (map.size <= mostKeys) return
  const [oldest] = map.keys()
  if (oldest !== undefined) map.delete(oldest)
}

const mostKeys = 10_000
