import { ConfigurationError } from '../errors.js'
import type { CacheOptions } from './options.js'

/**
 * Judges a location that is present and `undefined`, as `process.env.VALKEY_URL` is where nobody set it. Alone it means
 * memory://, which deserves a word; beside options that only a server needs it is a mistake.
 * @param path the cache's place, such as `caches.default`
 * @returns the advice, or `undefined` where a location is given, or none was meant to be
 * @throws {ConfigurationError} E_CONFIG at the location, where an option beside it needs a server
 */
export function adviceOnUnsetLocation(own: CacheOptions, shared: CacheOptions, path: string): string | undefined {
  const place = unsetPlace(own, shared, path)
  if (place === undefined || (own.client ?? shared.client) === 'memory') return undefined
  const needy = needsServer.find((name) => isSet(own[name] ?? shared[name]))
  const problem = 'is undefined; is an environment variable not set?'
  if (needy === undefined)
    return `${place}: ${problem} The cache "${path.slice('caches.'.length)}" is kept in this process; write 'memory://' where that is meant`
  const needyPath = own[needy] === undefined ? `shared.${needy}` : `${path}.${needy}`
  throw new ConfigurationError(
    place,
    `${problem} ${needyPath} needs a server: set the location, or write 'memory://' and leave it out`,
  )
}

function unsetPlace(own: CacheOptions, shared: CacheOptions, path: string): string | undefined {
  if (own.location !== undefined || shared.location !== undefined) return undefined
  if ('location' in own) return `${path}.location`
  return 'location' in shared ? 'shared.location' : undefined
}

function isSet(value: unknown): boolean {
  return value !== undefined && value !== false
}

const needsServer = [
  'username',
  'password',
  'tls',
  'sentinels',
  'sentinelOptions',
  'pool',
  'database',
  'connectionFactory',
] as const
