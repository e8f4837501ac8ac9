import { ConfigurationError } from '../errors.js'
import { checkNames, kindOf } from '../units.js'
import type { CacheOptions, SentinelOptions } from './options.js'

/**
 * Refuses names that are not options.
 * @throws {ConfigurationError} E_CONFIG at the option
 */
export function checkCacheOptions(options: unknown, path: string): void {
  checkOptions(options, path, cacheOptions)
}

export function checkSentinelOptions(options: unknown, path: string): void {
  checkOptions(options, path, sentinelOptions)
}

function checkOptions(options: unknown, path: string, known: Readonly<Record<string, true>>): void {
  if (options === null || typeof options !== 'object' || Array.isArray(options))
    throw new ConfigurationError(path, `expected an object of options, got ${kindOf(options)}`)
  checkNames(options, Object.keys(known), path)
}

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
