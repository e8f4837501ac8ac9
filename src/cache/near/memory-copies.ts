import { LRUCache } from 'lru-cache'
import type { LocalEntry } from '../../clients/client.js'
import type { Codec } from '../../codec/codec.js'
import { bytesOfAll, copyOf, withOthers, type Copy } from './copy.js'
import { usualBounds } from './options.js'

/**
 * What the values of a cache of `memory://` were decoded to, for the cache and its typed caches, beside the values
 * themselves. It is bounded: what was not read for longest is decoded anew.
 */
export class MemoryCopies {
  readonly #held: LRUCache<string, Held>

  constructor({ maxEntries, maxBytes }: typeof usualBounds = usualBounds) {
    this.#held = new LRUCache({ max: maxEntries, maxSize: maxBytes, maxEntrySize: maxBytes })
  }

  /**
   * The copy that was made of this entry of a key; `undefined` where there is none. Hot path (`bench/suites/near.mjs`).
   */
  find(key: string, entry: LocalEntry | undefined, codec: Codec): Copy | undefined {
    const held = this.#held.get(key)
    if (held === undefined) return undefined
    if (held.entry === entry) return copyOf(held.first, codec)
    this.#held.delete(key)
    return undefined
  }

  drop(key: string): void {
    this.#held.delete(key)
  }

  keep(entry: LocalEntry, copy: Copy): void {
    const before = this.#held.peek(copy.key)
    const first = withOthers(copy, before?.entry === entry ? before.first : undefined)
    this.#held.set(copy.key, { entry, first }, { size: bytesOfAll(first) })
  }
}

/** The copies of one entry by several codecs. */
interface Held {
  readonly entry: LocalEntry
  readonly first: Copy
}
