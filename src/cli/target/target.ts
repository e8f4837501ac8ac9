import { existsSync } from 'node:fs'
import { join } from 'node:path'
import type { Cache } from '../../cache/cache.js'
import { Assembly } from '../../config/assembly.js'
import type { CacheOptions } from '../../config/options.js'
import { checkCacheOptions } from '../../config/known-options.js'
import { originOf } from '../../config/origins.js'
import { resolveCache, type ResolvedCache } from '../../config/resolve.js'
import type { ResolvedRemote } from '../../config/resolve-remote.js'
import { ConfigurationError, UnsupportedError } from '../../errors.js'
import type { Given } from '../given.js'
import type { Surroundings } from '../surroundings.js'
import { load, type Configured } from './load.js'
import { chooseSource } from './source.js'

/** The cache that a command is about. */
export interface Target {
  readonly name: string
  /** Where its options come from, such as `valkey-cache.config.mjs`. */
  readonly source: string
  /** Whether it is known by its addresses only. */
  readonly addressed: boolean
  readonly resolved: ResolvedCache
  /** The cache itself; nothing connects before its first use. */
  readonly cache: () => Cache
  /** Closes what was opened. */
  readonly close: () => Promise<void>
}

/**
 * Finds the cache that a command is about.
 * @param more what addresses do not say
 * @throws {ConfigurationError} E_CONFIG when there is no configuration, it cannot be read, or has no such cache
 */
export async function findTarget(
  given: Given,
  { env, folder }: Surroundings,
  more: CacheOptions = {},
): Promise<Target> {
  const source = chooseSource({ given, env, exists: (file) => existsSync(join(folder, file)) })
  const configured = await load(
    source.kind === 'addresses' ? { ...source, options: { ...source.options, ...more } } : source,
    folder,
  )
  const addressed = source.kind === 'addresses'
  const place = addressed ? source.name : source.file
  const found =
    'made' in configured ? madeTarget(configured, given.cache, place) : optionsTarget(configured, given.cache, place)
  return { ...found, source: place, addressed }
}

/**
 * What a cache is connected with.
 * @throws {UnsupportedError} E_UNSUPPORTED for one that has no server, or a client of the user's own
 */
export function remoteOf({ name, resolved }: Pick<Target, 'name' | 'resolved'>): ResolvedRemote {
  if (typeof resolved.client === 'object') return resolved.client
  const kind = resolved.client === 'memory' ? 'lives in the memory of its process' : 'has a client of your own'
  throw new UnsupportedError(`The cache '${name}' ${kind}: there is no server to look at.`)
}

type Found = Omit<Target, 'source' | 'addressed'>

function optionsTarget(
  { caches, shared }: Extract<Configured, { caches: unknown }>,
  asked: string | undefined,
  source: string,
): Found {
  const name = nameOf(Object.keys(caches), asked, source)
  const options = caches[name] ?? {}
  checkCacheOptions(shared, 'shared')
  return opened(resolveCache(name, options, shared), async () => {})
}

function madeTarget(
  { made }: Extract<Configured, { made: unknown }>,
  asked: string | undefined,
  source: string,
): Found {
  const names = Object.keys(made).filter((name) => originOf(made[name]) !== undefined)
  if (names.length === 0)
    throw new ConfigurationError(
      source,
      'exports caches that another copy of valkey-cache made; run the one that is installed beside it, or export the options',
    )
  const name = nameOf(names, asked, source)
  return opened(originOf(made[name]) as ResolvedCache, () => made.close())
}

/**
 * The cache as an operator needs it: an outage is an error and no miss, nothing is kept for a later that this process
 * does not have, and nobody is warned, for what fails is told by the command and the rest is the doctor's affair.
 */
function opened(resolved: ResolvedCache, closeOthers: () => Promise<void>): Found {
  const own = { failSafe: false, recovery: undefined, advice: undefined, listeners: { logger: quiet } }
  let cache: Cache | undefined
  const close = async (): Promise<void> => void (await Promise.all([cache?.close(), closeOthers()]))
  return {
    name: resolved.name,
    resolved,
    cache: () => (cache ??= new Assembly().cache({ ...resolved, ...own })),
    close,
  }
}

/** Without a name it is the cache `default`, or the only one. */
function nameOf(names: readonly string[], asked: string | undefined, source: string): string {
  const name = asked ?? (names.length === 1 ? names[0] : 'default')
  if (name !== undefined && names.includes(name)) return name
  const known = names.length === 0 ? 'has no caches' : `has ${names.join(', ')}`
  const advice = names.length === 0 ? '' : '; choose one with --cache'
  throw new ConfigurationError(source, `has no cache '${name}': it ${known}${advice}`)
}

const quiet = { warn: (): void => {}, error: (): void => {} }
