import type { Clock, Milliseconds } from '../units.js'

/**
 * Keys that were written lately, so that they are read from the primary until the replicas have them.
 * Shape: two generations of keys, turned over once a window, also when nobody looked in time: a key is kept for one to
 * two windows.
 * Bounds: past `most` keys in a window every key counts as recent, which is slower and still right.
 */
export class RecentWrites {
  readonly #window: Milliseconds
  readonly #clock: Clock
  readonly #held: () => boolean
  #young = new Set<string>()
  #old = new Set<string>()
  #turned: Milliseconds

  /** @param held whether the replicas cannot have them yet, however long that takes: then the window waits */
  constructor(window: Milliseconds, clock: Clock, held: () => boolean = () => false) {
    this.#window = window
    this.#held = held
    this.#clock = clock
    this.#turned = clock.now()
  }

  note(keys: readonly string[]): void {
    if (this.#window === 0) return
    this.#turn()
    if (this.#young.size < most) for (const key of keys) this.#young.add(key)
  }

  includes(keys: readonly string[]): boolean {
    if (!this.any()) return false
    if (this.#young.size >= most || this.#old.size >= most) return true
    return keys.some((key) => this.#young.has(key) || this.#old.has(key))
  }

  /** Whether anything was written lately. */
  any(): boolean {
    if (this.#young.size === 0 && this.#old.size === 0) return false
    this.#turn()
    return this.#young.size > 0 || this.#old.size > 0
  }

  #turn(): void {
    const now = this.#clock.now()
    if (this.#held()) this.#turned = now
    const age = now - this.#turned
    if (age < this.#window) return
    this.#old = age < 2 * this.#window ? this.#young : new Set()
    this.#young = new Set()
    this.#turned = now - (age % this.#window)
  }
}

const most = 100_000
