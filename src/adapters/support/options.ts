import type { Cache } from '../../cache/cache.js'
import { checkOptions, isText, optionTable, type OptionTable } from '../../cache/option-table.js'
import { isOver, resolveTtl, type Ttl } from '../../cache/ttl.js'
import { ConfigurationError } from '../../errors.js'
import { show } from '../../units.js'

export { isText, optionTable, type OptionTable }

/**
 * Checks what an adapter is made with.
 * @throws {ConfigurationError} E_CONFIG when the cache is none, and at the path of an option that is none
 */
export function checkFactory(name: string, cache: unknown, known: OptionTable, options: object): void {
  if (typeof (cache as Partial<Cache> | null | undefined)?.deletePattern !== 'function')
    throw new ConfigurationError(`${name}()`, `expected a cache, such as caches.default, got ${show(cache)}`)
  checkOptions(name, known, options)
}

/**
 * @throws {ConfigurationError} E_CONFIG for a cache that serves values past their ttl: a session that is over would be
 * let in
 */
export function checkExact(name: string, cache: Cache): void {
  if (!cache.servesPastTtl) return
  const problem = "a cache with herd protection serves values past their ttl; take one without client: 'herd' and herd"
  throw new ConfigurationError(`${name}()`, problem)
}

/** @throws {ConfigurationError} E_CONFIG at `path` when it is no ttl, or one with which nothing would be kept */
export function isKeptTtl(value: Ttl, path: string): void {
  if (isOver(resolveTtl(value, path)))
    throw new ConfigurationError(path, `expected more than 0, or null for ever, got ${show(value)}`)
}

/** @throws {ConfigurationError} E_CONFIG at `path` when it is no function */
export function isFunction(value: unknown, path: string): void {
  if (typeof value !== 'function') throw new ConfigurationError(path, `expected a function, got ${show(value)}`)
}

/** @throws {ConfigurationError} E_CONFIG at `path` when it is no object; what is in it the framework checks */
export function isObject(value: unknown, path: string): void {
  if (typeof value !== 'object' || value === null)
    throw new ConfigurationError(path, `expected an object, got ${show(value)}`)
}

/**
 * The length of the window of a counter, which has to have an end, and to come to it.
 * @throws {ConfigurationError} E_CONFIG at `path` for one of 0 or less, whose limit would never be reached
 */
export function windowOf(length: number, path: string): number {
  if (length > 0) return length
  throw new ConfigurationError(path, `expected a number of more than 0, got ${show(length)}`)
}
