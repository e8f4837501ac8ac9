import type { TrackingListener } from './client.js'

/** Tells several listeners what it is told itself, as by the shards of a cluster. */
export class TrackingRelay implements TrackingListener {
  readonly #listeners = new Set<TrackingListener>()

  /** Returns how to leave. */
  add(listener: TrackingListener): () => void {
    this.#listeners.add(listener)
    return () => this.#listeners.delete(listener)
  }

  invalidated(...told: Parameters<TrackingListener['invalidated']>): void {
    for (const listener of this.#listeners) listener.invalidated(...told)
  }

  lost(...told: Parameters<TrackingListener['lost']>): void {
    for (const listener of this.#listeners) listener.lost(...told)
  }

  moved(...told: Parameters<TrackingListener['moved']>): void {
    for (const listener of this.#listeners) listener.moved(...told)
  }
}
