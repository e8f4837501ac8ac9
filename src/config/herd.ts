import { pastTtlOption, type LoadPolicy } from '../cache/load-policy.js'
import { ConfigurationError } from '../errors.js'
import { show, toUnsignedMilliseconds, type Milliseconds } from '../units.js'
import type { CacheOptions } from './options.js'

/** A herd cache's option. */
export interface Herd {
  /** How long values are kept after their ttl, in ms. */
  readonly timeout: Milliseconds
  /** Where the option stands that asks for it, such as `caches.default.client`. */
  readonly path: string
}

/**
 * Whether and how a cache is a herd cache; `undefined`: it is none. A cache's own `herd` and `client` win over shared
 * ones; another client of its own says nothing of a shared `herd`.
 * @param path the cache's place, such as `caches.default`
 * @throws {ConfigurationError} E_CONFIG at an option that cannot be, or that contradicts the client beside it
 */
export function resolveHerd(own: CacheOptions, shared: CacheOptions, path: string): Herd | undefined {
  const inherited = own.client === undefined ? shared : { herd: shared.herd }
  const asked = asksForHerd(own, path) ?? asksForHerd(inherited, 'shared')
  const timeout = herdTimeoutOf(own, path) ?? herdTimeoutOf(shared, 'shared') ?? 60_000
  return asked?.on === true ? { timeout, path: asked.path } : undefined
}

/** What these options say about it, if anything. */
function asksForHerd(
  { client, herd }: { readonly client?: CacheOptions['client']; readonly herd?: boolean | undefined },
  path: string,
): { readonly on: boolean; readonly path: string } | undefined {
  if (herd !== undefined && typeof herd !== 'boolean')
    throw new ConfigurationError(`${path}.herd`, `expected true or false, got ${show(herd)}`)
  if (herd === false && client === 'herd')
    throw new ConfigurationError(`${path}.herd`, `is false, and ${path}.client is 'herd'; leave one out`)
  if (herd !== undefined) return { on: herd, path: `${path}.herd` }
  return client === 'herd' ? { on: true, path: `${path}.client` } : undefined
}

function herdTimeoutOf({ herdTimeout }: CacheOptions, path: string): Milliseconds | undefined {
  return herdTimeout === undefined ? undefined : toUnsignedMilliseconds(herdTimeout, `${path}.herdTimeout`)
}

/** @throws {ConfigurationError} E_CONFIG for what serves values past their ttl in another way than a herd cache does */
export function checkBesideHerd(
  herd: Herd | undefined,
  policy: LoadPolicy,
  pathOf: (option: 'grace' | 'refreshAt') => string,
): void {
  const other = herd === undefined ? undefined : pastTtlOption(policy)
  if (herd === undefined || other === undefined) return
  const problem = `does not go with a herd cache, which ${herd.path} makes it: both say what becomes of old values; leave one out`
  throw new ConfigurationError(pathOf(other), problem)
}
