import { ConfigurationError } from '../errors.js'
import { kindOf } from '../units.js'
import type { CacheOptions, SentinelOptions } from './options.js'

/**
 * Refuses names that are not options, and says of those to come that they are.
 * @throws {ConfigurationError} E_CONFIG at the option
 */
export function checkCacheOptions(options: unknown, path: string): void {
  checkNames(options, path, cacheOptions, laterCacheOptions)
}

export function checkSentinelOptions(options: unknown, path: string): void {
  checkNames(options, path, sentinelOptions, {})
}

function checkNames(
  options: unknown,
  path: string,
  known: Readonly<Record<string, true>>,
  later: Readonly<Record<string, string>>,
): void {
  if (options === null || typeof options !== 'object' || Array.isArray(options))
    throw new ConfigurationError(path, `expected an object of options, got ${kindOf(options)}`)
  for (const name of Object.keys(options)) {
    if (Object.hasOwn(known, name)) continue
    const feature = Object.hasOwn(later, name) ? later[name] : undefined
    if (feature !== undefined)
      throw new ConfigurationError(`${path}.${name}`, `${feature} come with a later version; leave it out`)
    throw new ConfigurationError(`${path}.${name}`, `unknown option; known are ${Object.keys(known).join(', ')}`)
  }
}

const laterCacheOptions: Readonly<Record<string, string>> = {}

/** Every option once: the compiler sees to it that none of {@link CacheOptions} is missing. */
const cacheOptions: Readonly<Record<keyof CacheOptions, true>> = {
  location: true,
  client: true,
  connectionFactory: true,
  pool: true,
  sentinels: true,
  sentinelOptions: true,
  addressMap: true,
  username: true,
  password: true,
  tls: true,
  database: true,
  clientName: true,
  connectTimeout: true,
  attemptTimeout: true,
  readDeadline: true,
  writeDeadline: true,
  holdTimeout: true,
  maxLag: true,
  minReplicas: true,
  fenceAfter: true,
  maxPending: true,
  readFrom: true,
  zone: true,
  readYourWrites: true,
  prefix: true,
  version: true,
  keyFunction: true,
  reverseKeyFunction: true,
  ttl: true,
  serializer: true,
  pickleProtocol: true,
  compressor: true,
  compressMinLength: true,
  compressLevel: true,
  maxDecodedBytes: true,
  maxDecodedValues: true,
  decoders: true,
  format: true,
  failSafe: true,
  onError: true,
  logger: true,
  encryption: true,
  herd: true,
  herdTimeout: true,
  grace: true,
  graceBackoff: true,
  refreshAt: true,
  loaderTimeout: true,
  loaderDeadline: true,
  jitter: true,
  negativeTtl: true,
  onAbandon: true,
  singleFlight: true,
  fleetLease: true,
  recovery: true,
  near: true,
  clone: true,
  traceKeys: true,
  closeTimeout: true,
}

const sentinelOptions: Readonly<Record<keyof SentinelOptions, true>> = {
  username: true,
  password: true,
  tls: true,
  timeout: true,
  addressMap: true,
}
