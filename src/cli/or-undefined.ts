import { CacheError } from '../errors.js'

/** Resolves to `undefined` where the cache, or its server, refuses the call. */
export function orUndefined<T>(call: Promise<T>): Promise<T | undefined> {
  return call.catch((error: unknown) => {
    if (!(error instanceof CacheError)) throw error
    return undefined
  })
}
