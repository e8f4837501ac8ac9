/**
 * A store for express-rate-limit: start at {@link rateLimitStore}.
 * @module valkey-cache/rate-limit
 */
import type { Cache } from '../cache/cache.js'
import { KeyNotFoundError } from '../errors.js'
import { wallClock, type Milliseconds } from '../units.js'
import { clearBeginningWith, fresh, keyWith, strict } from './support/demands.js'
import { checkFactory, isText, optionTable, windowOf, type OptionTable } from './support/options.js'

/** Options of {@link rateLimitStore}. */
export interface RateLimitStoreOptions {
  /** What the keys begin with, after what the cache puts before them; of each limiter its own. @default 'rl:' */
  readonly prefix?: string | undefined
}

/** How often a client has come, and when its window ends. */
export interface RateLimitInfo {
  totalHits: number
  resetTime: Date | undefined
}

/** A store as express-rate-limit calls it. */
export interface RateLimitStore {
  readonly prefix: string
  readonly localKeys: false
  /** Takes the length of the windows from the limiter, in ms. Before, it is a minute. */
  readonly init: (options: { readonly windowMs: Milliseconds }) => void
  /** Reads the hits of a client; `undefined` when it has no window. */
  readonly get: (key: string) => Promise<RateLimitInfo | undefined>
  /** Counts a hit; the first one of a window makes the counter. */
  readonly increment: (key: string) => Promise<RateLimitInfo>
  /** Takes a hit back from the window that there is, if there is one and it has a hit. */
  readonly decrement: (key: string) => Promise<void>
  /** Deletes the counter of a client. */
  readonly resetKey: (key: string) => Promise<void>
  /** Deletes all counters with this prefix. */
  readonly resetAll: () => Promise<void>
}

/**
 * Makes a store whose counters are in a cache. The first hit of a window makes the counter with its ttl, in one step; a
 * hit is never sent twice. In an outage it rejects, whatever the cache's `failSafe`: `passOnStoreError` of the limiter
 * decides.
 * @throws {ConfigurationError} E_CONFIG for an option that is none
 * @example
 * app.use(rateLimit({ windowMs: 60_000, limit: 100, store: rateLimitStore(caches.limits) }))
 */
export function rateLimitStore(cache: Cache, options: RateLimitStoreOptions = {}): RateLimitStore {
  checkFactory('rateLimitStore', cache, known, options)
  const { prefix = 'rl:' } = options
  const made = (key: string): string => keyWith(prefix, key, 'key of a rate limit')
  let windowMs = 60_000
  return {
    prefix,
    localKeys: false,
    init: (limiter) => void (windowMs = limiter.windowMs),
    async get(key) {
      const [hits, left] = await cache.pipeline((p) => [p.get<number>(made(key)), p.ttl(made(key))], fresh)
      return hits === undefined ? undefined : infoOf(hits, left)
    },
    async increment(key) {
      const ttl = windowOf(windowMs, 'windowMs')
      const create = { create: true, ttl }
      const [hits, left] = await cache.pipeline((p) => [p.incr(made(key), 1, create), p.ttl(made(key))], strict)
      // A counter that another program made may have no end; its client would be kept out for ever.
      if (left === null) await cache.expire(made(key), ttl, strict)
      return infoOf(Number(hits), left === null ? ttl : left)
    },
    // Where no hit is left this takes two steps: in between, another process may see one less than none; when the
    // connection is lost in between, the counter stays one too low, until its window ends.
    async decrement(key) {
      const hits = await cache.decr(made(key), 1, strict).catch(ifOver)
      if (hits < 0) await cache.incr(made(key), 1, strict).catch(ifOver)
    },
    resetKey: async (key) => void (await cache.delete(made(key), strict)),
    resetAll: () => clearBeginningWith(cache, prefix),
  }
}

const known: OptionTable = optionTable<RateLimitStoreOptions>({ prefix: isText })

/** @param left of the window, in ms; undefined when it ended meanwhile */
function infoOf(totalHits: number, left: Milliseconds | null | undefined): RateLimitInfo {
  return { totalHits, resetTime: left === null ? undefined : new Date(wallClock.now() + (left ?? 0)) }
}

/** Takes nothing back where there is no window: the one of the hit has ended, and no other has begun. */
function ifOver(error: unknown): number {
  if (error instanceof KeyNotFoundError) return 0
  throw error
}
