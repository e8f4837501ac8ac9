import type { Clock, Milliseconds } from '../units.js'

/**
 * Keys that were written lately, so that they are read from the primary until the replicas have them.
 * Shape: two generations of keys, turned over once a window, also when nobody looked in time: a key is kept for one to
 * two windows. A write without keys counts for all.
 * Bounds: past `most` keys in a window every key counts as recent, which is slower and still right.
 */
export class RecentWrites {
  readonly #window: Milliseconds
  readonly #clock: Clock
  readonly #held: () => boolean
  #young = new Generation()
  #old = new Generation()
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
    this.#young.add(keys)
  }

  includes(keys: readonly string[]): boolean {
    return this.any() && (this.#young.has(keys) || this.#old.has(keys))
  }

  /** Whether anything was written lately. */
  any(): boolean {
    if (this.#young.isEmpty && this.#old.isEmpty) return false
    this.#turn()
    return !this.#young.isEmpty || !this.#old.isEmpty
  }

  #turn(): void {
    const now = this.#clock.now()
    if (this.#held()) this.#turned = now
    const age = now - this.#turned
    if (age < this.#window) return
    this.#old = age < 2 * this.#window ? this.#young : new Generation()
    this.#young = new Generation()
    this.#turned = now - (age % this.#window)
  }
}

/** The keys of one window. */
class Generation {
  readonly #keys = new Set<string>()
  #all = false

  get isEmpty(): boolean {
    return !this.#all && this.#keys.size === 0
  }

  add(keys: readonly string[]): void {
    if (keys.length === 0 || this.#keys.size >= most) this.#all = true
    else for (const key of keys) this.#keys.add(key)
  }

  has(keys: readonly string[]): boolean {
    return this.#all || keys.some((key) => this.#keys.has(key))
  }
}

const most = 100_000
