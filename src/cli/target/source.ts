import { ConfigurationError } from '../../errors.js'
import type { CacheOptions } from '../../config/options.js'
import type { Given } from '../given.js'

/** Where the options of a cache come from. */
export type Source =
  | { readonly kind: 'module'; readonly file: string }
  | { readonly kind: 'django'; readonly file: string }
  /** Addresses, from the command line or from the environment. */
  | { readonly kind: 'addresses'; readonly name: string; readonly options: CacheOptions }

/** What a source is chosen from. */
export interface Choice {
  readonly given: Pick<Given, 'config' | 'django' | 'location' | 'sentinels' | 'service'>
  readonly env: Readonly<Record<string, string | undefined>>
  /** Whether a file of this name lies in the current folder. */
  readonly exists: (file: string) => boolean
}

/**
 * Chooses where the options come from: `--config`, `--django`, addresses on the command line, the usual file of the
 * current folder, the environment; the first that is there. Pure.
 * @throws {ConfigurationError} E_CONFIG when there is none, when two contradict each other, and for a password in arguments
 */
export function chooseSource({ given, env, exists }: Choice): Source {
  const { config, django } = given
  const addressed = given.location ?? given.sentinels ?? given.service
  const ways = [config, django, addressed].filter((way) => way !== undefined)
  if (ways.length > 1)
    throw new ConfigurationError('arguments', 'give one of --config, --django, and --location with --sentinels')
  if (config !== undefined) return { kind: 'module', file: config }
  if (django !== undefined) return { kind: 'django', file: django }
  if (addressed !== undefined) return fromArguments(given, env)
  const usual = usualFiles.find(exists)
  return usual === undefined ? fromEnvironment(env) : { kind: 'module', file: usual }
}

function fromArguments({ location, sentinels, service }: Choice['given'], env: Choice['env']): Source {
  for (const [name, text] of [
    ['--location', location],
    // In a list without schemes a port stands between a colon and the user of the next address.
    ['--sentinels', sentinels?.replaceAll(/:\d+,/g, ',')],
  ] as const)
    if (text !== undefined && secret.test(text))
      throw new ConfigurationError(name, `holds a password, which everybody on this host can see; ${elsewhere}`)
  const names = { location: '--location', sentinels: '--sentinels', service: '--service' }
  const options = optionsOf({ location, sentinels, service, password: env['VALKEY_CACHE_PASSWORD'] }, names)
  return { kind: 'addresses', name: 'the command line', options }
}

function fromEnvironment(env: Choice['env']): Source {
  const names = {
    location: 'VALKEY_CACHE_LOCATION',
    sentinels: 'VALKEY_CACHE_SENTINELS',
    service: 'VALKEY_CACHE_SERVICE',
  }
  const [location, sentinels, service] = [env[names.location], env[names.sentinels], env[names.service]].map(
    (text) => text || undefined,
  )
  if (location === undefined && sentinels === undefined) throw new ConfigurationError('configuration', nowhere)
  const options = optionsOf({ location, sentinels, service, password: env['VALKEY_CACHE_PASSWORD'] }, names)
  return { kind: 'addresses', name: 'the environment', options }
}

interface Addresses {
  readonly location: string | undefined
  readonly sentinels: string | undefined
  readonly service: string | undefined
  readonly password: string | undefined
}

function optionsOf(
  { location, sentinels, service, password }: Addresses,
  names: Readonly<Record<'location' | 'sentinels' | 'service', string>>,
): CacheOptions {
  if (service !== undefined && location !== undefined)
    throw new ConfigurationError(names.service, `names the service, and so does ${names.location}; leave one out`)
  if (service !== undefined && sentinels === undefined)
    throw new ConfigurationError(names.service, `needs the sentinels that know it; give ${names.sentinels}`)
  const place = location ?? (service === undefined ? undefined : `valkey://${encodeURIComponent(service)}/0`)
  if (place === undefined)
    throw new ConfigurationError(names.sentinels, `know services by name; give ${names.service} too`)
  const credentials = password ? { password } : {}
  return sentinels === undefined
    ? { location: place, ...credentials }
    : { location: place, client: 'sentinel', sentinels, ...credentials }
}

/** A password between a colon and an `@`, of whatever characters; the colon of the next scheme of a list is none. */
const secret = /:(?!\/\/)(?:(?!:\/\/)[^@])+@/
const elsewhere = 'put it into the environment, as VALKEY_CACHE_PASSWORD, or into a configuration file'
const usualFiles: readonly string[] = ['valkey-cache.config.mjs', 'valkey-cache.config.js']
const nowhere =
  'there is none; give --config FILE, --django FILE.json or --location valkey://host:port, put valkey-cache.config.mjs ' +
  'into this folder, or set VALKEY_CACHE_LOCATION'
