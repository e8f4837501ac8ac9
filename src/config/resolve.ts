import { defaultPolicy, framedOptions, withOptions, type LoadPolicy } from '../cache/load-policy.js'
import { resolveNear, type CloneMode, type NearLimits } from '../cache/near/options.js'
import { isBoolean, isText } from '../cache/option-table.js'
import { resolveRecovery, type RecoveryLimits } from '../cache/recovery/options.js'
import { resolveTtl } from '../cache/ttl.js'
import type { ClientFactory } from '../clients/client.js'
import { resolveCodec, type ResolvedCodec } from '../codec/options.js'
import { ConfigurationError } from '../errors.js'
import type { KeyFunctions } from '../keys/key-maker.js'
import type { ReportListeners } from '../telemetry/reporter.js'
import { kindOf, show, toUnsignedMilliseconds, toWholeNumber, type Milliseconds } from '../units.js'
import { isOnCluster } from './cluster-choice.js'
import { defined } from './defined.js'
import type { Given } from './given.js'
import { checkBesideHerd, resolveHerd } from './herd.js'
import { checkCacheOptions } from './known-options.js'
import { checkTracks, resolveClone } from './near.js'
import type { CacheOptions } from './options.js'
import { resolveRemote, resolveShards, type ResolvedRemote } from './resolve-remote.js'
import { readServers } from './servers.js'
import { readShards } from './shards.js'
import { findSentinels } from './topology-choice.js'
import { adviceOnUnsetLocation } from './unset-location.js'

/** A cache's options, complete and checked. */
export interface ResolvedCache {
  readonly name: string
  readonly prefix: string
  readonly version: number
  /** `undefined`: for ever. */
  readonly ttl: Milliseconds | undefined
  readonly closeTimeout: Milliseconds
  readonly keyFunctions: KeyFunctions
  readonly failSafe: boolean
  readonly listeners: ReportListeners
  readonly codec: ResolvedCodec
  /** How values are loaded where a call does not say otherwise. */
  readonly loading: LoadPolicy
  /** What is kept of deletes in an outage; `undefined`: nothing. */
  readonly recovery: RecoveryLimits | undefined
  /** What is held in this process; `undefined`: nothing. */
  readonly near: NearLimits | undefined
  /** How values that are held in this process are handed out. */
  readonly clone: CloneMode
  readonly client: 'memory' | ClientFactory | ResolvedRemote
  /** Patterns of the keys that traces may tell; `undefined`: none. */
  readonly traceKeys: readonly string[] | undefined
  /** What the user had better know of these options; `undefined`: nothing. */
  readonly advice: string | undefined
}

/**
 * Makes one cache's options complete: its own win over the shared ones, a URL's parts over both.
 * @throws {ConfigurationError} E_CONFIG with the path of the value
 */
export function resolveCache(name: string, own: CacheOptions, shared: CacheOptions): ResolvedCache {
  const path = `caches.${name}`
  checkCacheOptions(own, path)
  const options = { ...shared, ...defined(own) }
  const { prefix = '', version = 1, ttl = 300_000, closeTimeout = 2_000, failSafe = false } = options
  const given: Given = {
    own,
    shared,
    options,
    path,
    pathOf: (option) => `${own[option] === undefined && shared[option] !== undefined ? 'shared' : path}.${option}`,
  }
  const herd = resolveHerd(own, shared, path)
  const policy = withOptions(defaultPolicy, options, given.pathOf)
  checkBesideHerd(herd, policy, given.pathOf)
  const near = resolveNear(options.near, given.pathOf('near'))
  const advice = typeof options.client === 'function' ? undefined : adviceOnUnsetLocation(own, shared, path)
  const client = resolveClient(given, near)
  isText(prefix, given.pathOf('prefix'))
  isBoolean(failSafe, given.pathOf('failSafe'))
  return {
    name,
    prefix,
    version: toWholeNumber(version, 0, given.pathOf('version')),
    ttl: resolveTtl(ttl, given.pathOf('ttl')),
    closeTimeout: toUnsignedMilliseconds(closeTimeout, given.pathOf('closeTimeout')),
    keyFunctions: {
      keyFunction: optionalFunction(options.keyFunction, given.pathOf('keyFunction')),
      reverseKeyFunction: optionalFunction(options.reverseKeyFunction, given.pathOf('reverseKeyFunction')),
    },
    failSafe,
    listeners: resolveListeners(given),
    codec: resolveCodec(options, given.pathOf, {
      framed: framedOptions.find((option) => options[option] !== undefined),
      herdTimeout: herd?.timeout,
    }),
    loading: herd === undefined ? policy : { ...policy, herdTimeout: herd.timeout },
    advice,
    recovery: resolveRecovery(options.recovery, given.pathOf('recovery')),
    near,
    clone: resolveClone(given, near, client),
    traceKeys: resolveTraceKeys(given),
    client,
  }
}

function resolveListeners({ options, pathOf }: Given): ReportListeners {
  const { onError, logger } = options
  if (logger !== undefined && !(typeof logger?.warn === 'function' && typeof logger.error === 'function'))
    throw new ConfigurationError(pathOf('logger'), `expected an object with warn and error, got ${kindOf(logger)}`)
  return { onError: optionalFunction(onError, pathOf('onError')), logger }
}

function resolveTraceKeys({ options: { traceKeys }, pathOf }: Given): readonly string[] | undefined {
  if (traceKeys === undefined) return undefined
  const patterns: readonly unknown[] = Array.isArray(traceKeys) ? traceKeys : [undefined]
  if (patterns.every(isPattern)) return patterns
  throw new ConfigurationError(pathOf('traceKeys'), "expected an array of patterns of keys, such as ['user:*']")
}

function isPattern(value: unknown): value is string {
  return typeof value === 'string' && value !== ''
}

function resolveClient(given: Given, near: NearLimits | undefined): ResolvedCache['client'] {
  const { own, shared, options, path, pathOf } = given
  const { client, location = 'memory://' } = options
  if (typeof client === 'function') {
    checkTracks(near, pathOf('near'), pathOf('client'))
    return client
  }
  checkClient(client, pathOf('client'))
  const cluster = isOnCluster(own, shared, path)
  const sentinels = cluster ? undefined : findSentinels(own, shared, path, pathOf('location'))
  const known = sentinels === undefined ? 'servers' : 'service'
  if (client === 'shard') {
    const shards = readShards(location, pathOf('location'), known, options.database)
    return shards === undefined ? resolveMemory(client, sentinels, path) : resolveShards(given, shards, sentinels, near)
  }
  const servers = readServers(location, pathOf('location'), cluster ? 'cluster' : known)
  if (servers === undefined) return resolveMemory(client, sentinels, path)
  if (client === 'memory')
    throw new ConfigurationError(pathOf('client'), "'memory' takes no server; set location to memory://")
  if (client === 'sentinel' && sentinels === undefined)
    throw new ConfigurationError(
      `${path}.sentinels`,
      "client 'sentinel' needs the sentinels to ask, such as [['host', 26379]]",
    )
  return resolveRemote(given, servers, sentinels, near)
}

const clients: readonly string[] = ['default', 'sentinel', 'cluster', 'shard', 'herd', 'memory']

function checkClient(client: unknown, path: string): void {
  if (client === undefined || clients.includes(client as string)) return
  throw new ConfigurationError(path, `expected ${clients.map(show).join(', ')} or a ClientFactory, got ${show(client)}`)
}

function resolveMemory(client: CacheOptions['client'], sentinels: CacheOptions['sentinels'], path: string): 'memory' {
  if (client === 'sentinel' || client === 'cluster' || client === 'shard')
    throw new ConfigurationError(`${path}.client`, `${show(client)} needs servers, and the location is memory://`)
  if (sentinels !== undefined)
    throw new ConfigurationError(`${path}.sentinels`, 'memory:// has no sentinels; leave them out')
  return 'memory'
}

function optionalFunction<Kind>(value: Kind, path: string): Kind {
  if (value === undefined || typeof value === 'function') return value
  throw new ConfigurationError(path, `expected a function, got ${show(value)}`)
}
