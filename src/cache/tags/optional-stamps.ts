import type { CallOptions } from '../../clients/client.js'
import type { Milliseconds } from '../../units.js'
import { noOptions } from '../options.js'

/** A version of a cache; `undefined` for the cache's own. */
type Version = number | undefined

/**
 * Reads the number of the last invalidation for loads that go on without it. Where it could not be read, it is asked for in
 * the background until it can, and no load waits for it.
 */
export class OptionalStamps {
  readonly #read: (version: Version, options: CallOptions) => Promise<number>
  /** The versions whose number could not be read the last time, and whether it is being asked for again. */
  readonly #missing = new Map<Version, { asks: boolean }>()

  constructor(read: (version: Version, options: CallOptions) => Promise<number>) {
    this.#read = read
  }

  /** @throws why it cannot be read, to the first who finds that; the others get `undefined` until it can be read again. */
  async stamp(version: Version): Promise<number | undefined> {
    if (this.#missing.has(version)) return this.#askAgain(version)
    try {
      return await this.#read(version, { deadline: patience })
    } catch (error) {
      if (this.#missing.has(version)) return undefined
      this.#missing.set(version, { asks: false })
      throw error
    }
  }

  #askAgain(version: Version): undefined {
    const missing = this.#missing.get(version)
    if (missing === undefined || missing.asks) return
    missing.asks = true
    this.#read(version, noOptions).then(
      () => this.#missing.delete(version),
      () => (missing.asks = false),
    )
  }
}

/** How long a load without tags waits for the number, in ms. */
const patience: Milliseconds = 1_000
