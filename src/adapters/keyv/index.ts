/**
 * A storage adapter for Keyv 5 and 6, and so for cache-manager and Nest (with Keyv 5): start at {@link keyvStore}.
 * @module valkey-cache/keyv
 */
import type { Cache } from '../../cache/cache.js'
import { ConfigurationError } from '../../errors.js'
import { show } from '../../units.js'
import { checkFactory, optionTable, type OptionTable } from '../support/options.js'
import { Keyv5Store } from './keyv5-store.js'
import { Keyv6Store } from './keyv6-store.js'

export type { Keyv5Store } from './keyv5-store.js'
export type { Keyv6Entry, Keyv6Store } from './keyv6-store.js'

/** Options of {@link keyvStore}. */
export interface KeyvStoreOptions {
  /** The major version of Keyv that the store is for. @default 5 */
  readonly keyv?: 5 | 6 | undefined
}

/**
 * Makes a storage adapter of Keyv. In an outage it rejects, whatever the cache's `failSafe`; what Keyv makes of that is
 * Keyv's. One adapter is for one Keyv, for Keyv tells it the namespace.
 * @throws {ConfigurationError} E_CONFIG for an option that is none
 * @example
 * const keyv = new Keyv({ store: keyvStore(caches.default), namespace: 'users' })
 */
export function keyvStore(cache: Cache, options?: { readonly keyv?: 5 | undefined }): Keyv5Store
export function keyvStore(cache: Cache, options: { readonly keyv: 6 }): Keyv6Store
export function keyvStore(cache: Cache, options: KeyvStoreOptions = {}): Keyv5Store | Keyv6Store {
  checkFactory('keyvStore', cache, known, options)
  return options.keyv === 6 ? new Keyv6Store(cache) : new Keyv5Store(cache)
}

const known: OptionTable = optionTable<KeyvStoreOptions>({
  keyv: (value: unknown, path: string) => {
    if (value !== 5 && value !== 6) throw new ConfigurationError(path, `expected 5 or 6, got ${show(value)}`)
  },
})
