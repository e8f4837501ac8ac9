/**
 * Sessions for React Router: start at {@link createCacheSessionStorage}.
 * @module valkey-cache/react-router
 */
import type { createSessionStorage, SessionData, SessionIdStorageStrategy, SessionStorage } from 'react-router'
import type { Cache } from '../cache/cache.js'
import type { Ttl } from '../cache/ttl.js'
import { loadOptional } from '../codec/optional.js'
import { freshValue, lasting, strict } from './support/demands.js'
import {
  checkExact,
  checkFactory,
  isFunction,
  isKeptTtl,
  isObject,
  isText,
  optionTable,
  type OptionTable,
} from './support/options.js'
import { sessionKey, sessionPrefix, sessionTtl, untilExpiry } from './support/sessions.js'

/** Options of {@link createCacheSessionStorage}. */
export interface CacheSessionStorageOptions {
  /**
   * The cookie that holds the id, or the options to make it with, as for React Router's own storages.
   * @default React Router's
   */
  readonly cookie?: SessionIdStorageStrategy['cookie'] | undefined
  /** What the keys of sessions begin with, after what the cache puts before them. @default 'sess:' */
  readonly prefix?: string | undefined
  /**
   * How long a session is kept whose cookie does not say when it expires, in ms or as a literal; `null` is for ever.
   * @default '1d'
   */
  readonly ttl?: Ttl | undefined
  /**
   * React Router's function of this name: for programs whose bundle has `react-router` in it, so that it is in no
   * folder.
   * @default that of the package `react-router`
   */
  readonly createSessionStorage?: typeof createSessionStorage | undefined
}

/**
 * Makes a session storage of React Router whose sessions are in a cache. In an outage its methods reject, whatever the
 * cache's `failSafe`: they never take a session for missing.
 * @throws {ConfigurationError} E_CONFIG for an option that is none, and for a cache with herd protection
 * @throws {UnsupportedError} E_UNSUPPORTED when the package react-router is not installed, nor the option
 * `createSessionStorage` given
 * @example
 * const { getSession, commitSession } = createCacheSessionStorage(caches.sessions, { cookie: { name: 'id', secrets } })
 */
export function createCacheSessionStorage<Data = SessionData, FlashData = Data>(
  cache: Cache,
  options: CacheSessionStorageOptions = {},
): SessionStorage<Data, FlashData> {
  checkFactory('createCacheSessionStorage', cache, known, options)
  checkExact('createCacheSessionStorage', cache)
  const { cookie, createSessionStorage: create = ofReactRouter() } = options
  return create<Data, FlashData>({
    ...(cookie !== undefined && { cookie }),
    ...recordsIn<Data, FlashData>(cache, options),
  })
}

const known: OptionTable = optionTable<CacheSessionStorageOptions>({
  cookie: isObject,
  prefix: isText,
  ttl: isKeptTtl,
  createSessionStorage: isFunction,
})

/** What React Router asks of a store, in functions that need no `this`. */
function recordsIn<Data, FlashData>(
  cache: Cache,
  { prefix = sessionPrefix, ttl = sessionTtl }: CacheSessionStorageOptions,
): Omit<SessionIdStorageStrategy<Data, FlashData>, 'cookie'> {
  const write = async (id: string, data: unknown, expires?: Date): Promise<void> => {
    await cache.set(sessionKey(prefix, id), data, lasting(untilExpiry(expires, ttl)))
  }
  return {
    async createData(data, expires) {
      const id = crypto.randomUUID()
      await write(id, data, expires)
      return id
    },
    readData: async (id) => (isId(id) ? ((await cache.get(sessionKey(prefix, id), freshValue)) ?? null) : null),
    updateData: write,
    async deleteData(id) {
      if (isId(id)) await cache.delete(sessionKey(prefix, id), strict)
    },
  }
}

/**
 * A session that was never kept has an empty id. Where the cookie is not signed, a visitor may have made up what stands
 * for the id, such as a number, or half a surrogate pair. No session is kept for any of them.
 */
function isId(id: unknown): boolean {
  return typeof id === 'string' && id !== '' && id.isWellFormed()
}

function ofReactRouter(): typeof createSessionStorage {
  const feature = 'createCacheSessionStorage'
  return loadOptional<{ createSessionStorage: typeof createSessionStorage }>('react-router', feature)
    .createSessionStorage
}
