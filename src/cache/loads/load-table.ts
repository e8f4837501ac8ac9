import type { Load } from './load.js'

/** The loads of a cache that may still be written back, by key: those of one key in the order in which they began. */
export class LoadTable {
  readonly #ofKeys = new Map<string, Load[]>()
  /** Those that take no new callers and that nobody waits for; they may go on for ever. */
  readonly #overdue = new Set<Load>()

  get isEmpty(): boolean {
    return this.#ofKeys.size === 0
  }

  /** The load of a key that new callers join, if there is one. */
  joinable(key: string): Load | undefined {
    if (this.#ofKeys.size === 0) return undefined
    const last = this.#ofKeys.get(key)?.at(-1)
    return last?.joinable === true ? last : undefined
  }

  /** A copy: what is done with one may remove it. */
  of(key: string): readonly Load[] {
    return [...(this.#ofKeys.get(key) ?? [])]
  }

  all(): readonly Load[] {
    return [...this.#ofKeys.values()].flat()
  }

  add(load: Load): void {
    const others = this.#ofKeys.get(load.key)
    if (others === undefined) this.#ofKeys.set(load.key, [load])
    else others.push(load)
  }

  /**
   * Notes a load that takes no new callers, when the last one has left. Gives the load that there is no room for any more:
   * the one that is overdue longest.
   */
  addOverdue(load: Load): Load | undefined {
    if (load.joinable || load.waiters > 0 || !this.of(load.key).includes(load)) return undefined
    this.#overdue.add(load)
    const [oldest] = this.#overdue
    return this.#overdue.size > mostOverdue ? oldest : undefined
  }

  remove(load: Load): void {
    this.#overdue.delete(load)
    const left = this.of(load.key).filter((one) => one !== load)
    if (left.length === 0) this.#ofKeys.delete(load.key)
    else this.#ofKeys.set(load.key, left)
  }
}

const mostOverdue = 1_000
