import type { Load } from './load.js'

/** The loads that run, of a cache and of the typed caches that were made of it: what is closed waits for them. */
export class RunningLoads {
  readonly #loads = new Set<Load>()
  #closed = false
  #ended = false

  /** Whether one of them is still wanted. */
  get busy(): boolean {
    return this.#wanted().length > 0
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

  /** Resolves when all that are wanted have ended and what they loaded is written back, or has failed. */
  async close(): Promise<void> {
    this.#closed = true
    while (this.busy) await Promise.allSettled(this.#wanted().map((load) => load.kept()))
  }

  /** Gives all of them up. */
  end(error: Error): void {
    this.#closed = true
    this.#ended = true
    for (const load of this.#loads) load.giveUp(error)
  }

  #wanted(): readonly Load[] {
    return [...this.#loads].filter(({ wanted }) => wanted)
  }
}
