import type { Load } from './load.js'

/** The loads that run, of a cache and of the typed caches that were made of it: what is closed waits for them. */
export class RunningLoads {
  readonly #loads = new Set<Load>()
  #closed = false
  #ended = false

  get size(): number {
    return this.#loads.size
  }

  add(load: Load): void {
    this.#loads.add(load)
  }

  remove(load: Load): void {
    this.#loads.delete(load)
  }

  /** Whether the cache takes no more calls. */
  get closed(): boolean {
    return this.#closed
  }

  /** Whether they were given up. */
  get ended(): boolean {
    return this.#ended
  }

  /** Resolves when all have ended and what they loaded is written back, or has failed. */
  async close(): Promise<void> {
    this.#closed = true
    while (this.#loads.size > 0) await Promise.allSettled(Array.from(this.#loads, (load) => load.kept()))
  }

  /** Gives all of them up. */
  end(error: Error): void {
    this.#closed = true
    this.#ended = true
    for (const load of this.#loads) load.giveUp(error)
  }
}
