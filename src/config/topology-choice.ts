import { ConfigurationError } from '../errors.js'
import { show } from '../units.js'
import { parseLocation, splitLocations } from './location.js'
import type { CacheOptions } from './options.js'

/**
 * The sentinels of a cache, or `undefined` when its location is dialled as it stands.
 * Precedence: the cache's `connectionFactory` > the shared one > `'sentinel'` where `sentinels` is given > the
 * client's own. What is shared reaches no cache whose location names an explicit port, nor memory://.
 * @throws {ConfigurationError} E_CONFIG when factory and sentinels contradict each other; names both places
 */
export function findSentinels(
  own: CacheOptions,
  shared: CacheOptions,
  path: string,
  locationPath: string,
): CacheOptions['sentinels'] {
  checkFactory(own.connectionFactory, `${path}.connectionFactory`)
  if (own.connectionFactory === 'default') return dialled(own, path)
  if (own.sentinels !== undefined) return underSentinel(own, shared, path)
  const direct = namesItsServer(own.location === undefined ? shared.location : own.location, locationPath)
  if (own.connectionFactory === 'sentinel' || own.client === 'sentinel') return wanted(own, shared, path)
  if (direct) return undefined
  if (shared.connectionFactory === 'default') return dialledByAll(shared)
  const client = own.client ?? shared.client
  if (shared.connectionFactory === 'sentinel' || client === 'sentinel') return wanted(own, shared, path)
  return shared.sentinels
}

function dialled(own: CacheOptions, path: string): undefined {
  if (own.sentinels !== undefined)
    throw new ConfigurationError(
      `${path}.connectionFactory`,
      `'default' asks no sentinels, and ${path}.sentinels names some; remove one`,
    )
  if (own.client === 'sentinel')
    throw new ConfigurationError(
      `${path}.connectionFactory`,
      `'default' is not for Sentinel, and ${path}.client is 'sentinel'; remove one`,
    )
  return undefined
}

function dialledByAll({ sentinels }: CacheOptions): undefined {
  if (sentinels === undefined) return undefined
  throw new ConfigurationError(
    'shared.connectionFactory',
    "'default' asks no sentinels, and shared.sentinels names some; remove one, or name a port in the location",
  )
}

function underSentinel(own: CacheOptions, shared: CacheOptions, path: string): CacheOptions['sentinels'] {
  if (own.connectionFactory === undefined && shared.connectionFactory === 'default')
    throw new ConfigurationError(
      `${path}.sentinels`,
      "is given, and shared.connectionFactory is 'default'; set the cache's own to 'sentinel'",
    )
  return own.sentinels
}

function wanted(own: CacheOptions, shared: CacheOptions, path: string): CacheOptions['sentinels'] {
  if (shared.sentinels !== undefined) return shared.sentinels
  const places = [
    [`${path}.connectionFactory`, own.connectionFactory],
    [`${path}.client`, own.client],
    ['shared.connectionFactory', shared.connectionFactory],
    ['shared.client', shared.client],
  ] as const
  const place = places.find(([, value]) => value === 'sentinel')?.[0]
  throw new ConfigurationError(
    `${path}.sentinels`,
    `is missing, and ${place} is 'sentinel'; name the sentinels, such as [['host', 26379]]`,
  )
}

function namesItsServer(location: CacheOptions['location'] = 'memory://', path: string): boolean {
  return splitLocations(location, path).some(({ text, path: at }) => {
    const parsed = parseLocation(text, at)
    return parsed.kind === 'memory' || parsed.port !== undefined || parsed.socket !== undefined
  })
}

export function checkFactory(factory: unknown, path: string): void {
  if (factory === undefined || factory === 'default' || factory === 'sentinel') return
  if (factory !== null && typeof factory === 'object' && 'connect' in factory) return
  throw new ConfigurationError(path, `expected 'default', 'sentinel' or a ConnectionFactory, got ${show(factory)}`)
}
