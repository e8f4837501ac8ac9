import type { Cache } from '../cache/cache.js'
import type { ResolvedCache } from './resolve.js'

const origins = new WeakMap<object, ResolvedCache>()

/** Remembers what a cache was made of, for who looks at its servers by other ways than the cache. */
export function rememberOrigin(cache: Cache, resolved: ResolvedCache): Cache {
  origins.set(cache, resolved)
  return cache
}

/** The options that a cache was made of; `undefined` for anything else, a cache of another copy of this package too. */
export function originOf(cache: unknown): ResolvedCache | undefined {
  return typeof cache === 'object' && cache !== null ? origins.get(cache) : undefined
}
