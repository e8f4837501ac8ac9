/**
 * A driver for unstorage, and so for Nitro, Nuxt and the sessions of Astro: start at {@link unstorageDriver}.
 * @module valkey-cache/unstorage
 */
import type { Cache } from '../cache/cache.js'
import type { Ttl } from '../cache/ttl.js'
import {
  beginningWith,
  clearBeginningWith,
  lasting,
  storable,
  strict,
  textOrNull,
  valuesOf,
} from './support/demands.js'
import { checkFactory, isKeptTtl, optionTable, type OptionTable } from './support/options.js'

/** Options of {@link unstorageDriver}. */
export interface UnstorageDriverOptions {
  /** How long items are kept that are set without a `ttl`, in ms or as a literal. @default null: for ever */
  readonly ttl?: Ttl | undefined
}

/** What unstorage gives with an item. */
export interface UnstorageItemOptions {
  /**
   * How long it is kept, in seconds; 0 is for ever, as with unstorage's driver for Redis; less deletes it.
   * @default the driver's `ttl`
   */
  readonly ttl?: number | null | undefined
}

/** A driver as unstorage calls it: functions that need no `this`, keys relative to its mount. */
export interface UnstorageDriver {
  readonly name: 'valkey-cache'
  readonly options: UnstorageDriverOptions
  /** Gives the cache. */
  readonly getInstance: () => Cache
  /** Resolves to true if the item exists. */
  readonly hasItem: (key: string) => Promise<boolean>
  /** Reads an item; null when there is none. */
  readonly getItem: (key: string) => Promise<string | null>
  /** Reads many items in the order asked. */
  readonly getItems: (items: readonly { readonly key: string }[]) => Promise<{ key: string; value: string | null }[]>
  /** Writes an item. */
  readonly setItem: (key: string, value: string, options?: UnstorageItemOptions) => Promise<void>
  /** Deletes an item. */
  readonly removeItem: (key: string) => Promise<void>
  /** Lists the keys below a base, which ends with a colon; without one all of them. */
  readonly getKeys: (base?: string) => Promise<string[]>
  /** Deletes what is below a base; without one everything in the cache. */
  readonly clear: (base?: string) => Promise<void>
}

/**
 * Makes a driver whose items are in a cache. In an outage it rejects, whatever the cache's `failSafe`. Disposing of the
 * storage leaves the cache open: it belongs to who made it.
 * @throws {ConfigurationError} E_CONFIG for an option that is none
 * @example
 * const storage = createStorage({ driver: unstorageDriver(caches.storage) })
 */
export function unstorageDriver(cache: Cache, options: UnstorageDriverOptions = {}): UnstorageDriver {
  checkFactory('unstorageDriver', cache, known, options)
  const { ttl: usual = null } = options
  return {
    name: 'valkey-cache',
    options,
    getInstance: () => cache,
    hasItem: (key) => cache.has(key, strict),
    getItem: async (key) => textOrNull(await cache.get(key, strict)),
    async getItems(items) {
      const keys = items.map(({ key }) => key)
      const values = await valuesOf(cache, keys)
      return keys.map((key, n) => ({ key, value: textOrNull(values[n]) }))
    },
    setItem: async (key, value, item) => void (await cache.set(key, storable(value), lasting(ttlOf(item, usual)))),
    removeItem: async (key) => void (await cache.delete(key, strict)),
    getKeys: (base) => cache.keys(beginningWith(base ?? ''), strict),
    clear: (base) => clearBeginningWith(cache, base ?? ''),
  }
}

const known: OptionTable = optionTable<UnstorageDriverOptions>({ ttl: isKeptTtl })

function ttlOf(item: UnstorageItemOptions | undefined, usual: Ttl): Ttl {
  const seconds = item?.ttl ?? undefined
  if (seconds === undefined) return usual
  return seconds === 0 ? null : seconds * 1_000
}
