import type { Cache } from '../cache/cache.js'
import type { CacheStats } from '../cache/stats.js'
import { CacheError, ConfigurationError } from '../errors.js'
import { kindOf } from '../units.js'
import { Assembly } from './assembly.js'
import { checkCacheOptions } from './known-options.js'
import type { CacheOptions } from './options.js'
import { rememberOrigin } from './origins.js'
import { resolveCache } from './resolve.js'
import { checkFactory } from './topology-choice.js'

/** The caches under their names, and what concerns all of them. */
export type Caches<Name extends string> = { readonly [Alias in Name]: Cache } & {
  /** Closes every cache; each finishes what runs, for its `closeTimeout` at most. */
  close(): Promise<void>
  /** Resolves when every cache has reached a server; rejects with what could not be reached. */
  ready(): Promise<void>
  /** Gives what each cache has counted since it was made, by name. Asks nobody. */
  stats(): Readonly<Record<Name, CacheStats>>
  /** As `close`, at the end of an `await using` block. */
  [Symbol.asyncDispose](): Promise<void>
}

/**
 * Makes named caches. Nothing connects before first use, or `ready()`; caches that need the same sockets share them.
 * @param caches options by name; every option has a default
 * @param shared options for all of them; a cache's own win
 * @throws {ConfigurationError} E_CONFIG with the path of the value
 */
export function createCaches<const Name extends string>(
  caches: Readonly<Record<Name, CacheOptions>>,
  shared: CacheOptions = {},
): Caches<Name> {
  if (caches === null || typeof caches !== 'object' || Array.isArray(caches))
    throw new ConfigurationError('caches', `expected an object of options by name, got ${kindOf(caches)}`)
  checkCacheOptions(shared, 'shared')
  checkFactory(shared.connectionFactory, 'shared.connectionFactory')
  for (const name of Object.keys(caches)) checkName(name)
  const resolved = Object.entries<CacheOptions>(caches).map(([name, options]) => resolveCache(name, options, shared))
  const assembly = new Assembly()
  const made = resolved.map((cache) => rememberOrigin(assembly.cache(cache), cache))
  const byName = Object.fromEntries(made.map((cache) => [cache.name, cache])) as Record<Name, Cache>
  const close = async (): Promise<void> => void (await Promise.all(made.map((cache) => cache.close())))
  const stats = (): Record<Name, CacheStats> =>
    Object.fromEntries(made.map((cache) => [cache.name, cache.stats()])) as Record<Name, CacheStats>
  return Object.freeze({ ...byName, close, ready: () => allReady(made), stats, [Symbol.asyncDispose]: close })
}

async function allReady(caches: readonly Cache[]): Promise<void> {
  const outcomes = await Promise.allSettled(caches.map((cache) => cache.ping()))
  const failures = outcomes.flatMap((outcome, index) =>
    outcome.status === 'rejected' ? [{ name: caches[index]?.name, reason: outcome.reason as unknown }] : [],
  )
  if (failures.length <= 1) throwIfAny(failures[0]?.reason)
  const texts = failures.map(
    ({ name, reason }) => `${name}: ${reason instanceof Error ? reason.message : String(reason)}`,
  )
  const cause = new AggregateError(failures.map(({ reason }) => reason))
  if (failures.length > 1) throw new CacheError(`Not ready: ${texts.join(' ')}`, { cause, retryable: true })
}

function throwIfAny(reason: unknown): void {
  if (reason !== undefined) throw reason
}

function checkName(name: string): void {
  if (reserved.includes(name))
    throw new ConfigurationError(`caches.${name}`, `this name is taken; choose another than ${reserved.join(', ')}`)
}

const reserved = ['close', 'ready', 'stats', 'then']
