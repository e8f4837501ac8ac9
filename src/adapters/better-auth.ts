/**
 * The secondary storage of better-auth: start at {@link secondaryStorage}.
 * @module valkey-cache/better-auth
 */
import type { Cache } from '../cache/cache.js'
import type { Ttl } from '../cache/ttl.js'
import { freshValue, keyWith, lasting, storable, strict, textOrNull } from './support/demands.js'
import { checkExact, checkFactory, isText, optionTable, windowOf, type OptionTable } from './support/options.js'

/** Options of {@link secondaryStorage}. */
export interface SecondaryStorageOptions {
  /** What the keys begin with, after what the cache puts before them. @default 'better-auth:' */
  readonly prefix?: string | undefined
}

/** What better-auth asks of a secondary storage: functions that need no `this`. Times are in seconds. */
export interface SecondaryStorage {
  /** Reads a value; null when there is none. */
  readonly get: (key: string) => Promise<string | null>
  /** Reads a value and deletes it, in one step: of many who ask at once, one gets it. */
  readonly getAndDelete: (key: string) => Promise<string | null>
  /** Without a ttl, or with one of 0 or less, the value is kept for ever. */
  readonly set: (key: string, value: string, ttl?: number) => Promise<void>
  /** Adds one, in one step; the ttl is given to the counter that the first call makes, and no later call extends it. */
  readonly increment: (key: string, ttl: number) => Promise<number>
  /** Deletes a value. */
  readonly delete: (key: string) => Promise<void>
}

/**
 * Makes a secondary storage of better-auth: sessions, verifications and rate limits in a cache. In an outage it
 * rejects, whatever the cache's `failSafe`, so that nobody is logged out by it.
 * @throws {ConfigurationError} E_CONFIG for an option that is none, and for a cache with herd protection
 * @example
 * const auth = betterAuth({ secondaryStorage: secondaryStorage(caches.auth) })
 */
export function secondaryStorage(cache: Cache, options: SecondaryStorageOptions = {}): SecondaryStorage {
  checkFactory('secondaryStorage', cache, known, options)
  checkExact('secondaryStorage', cache)
  const { prefix = 'better-auth:' } = options
  const made = (key: string): string => keyWith(prefix, key, 'key')
  return {
    get: async (key) => textOrNull(await cache.get(made(key), freshValue)),
    getAndDelete: async (key) => textOrNull(await cache.pull(made(key), strict)),
    set: async (key, value, ttl) => void (await cache.set(made(key), storable(value), lasting(ttlOf(ttl)))),
    increment: async (key, ttl) =>
      Number(
        await cache.incr(made(key), 1, { create: true, ttl: windowOf(ttl, 'increment().ttl') * 1_000, ...strict }),
      ),
    delete: async (key) => void (await cache.delete(made(key), strict)),
  }
}

const known: OptionTable = optionTable<SecondaryStorageOptions>({ prefix: isText })

function ttlOf(seconds: number | undefined): Ttl {
  return seconds === undefined || seconds <= 0 ? null : seconds * 1_000
}
