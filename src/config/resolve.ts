import { defaultPolicy, framedOptions, withOptions, type LoadPolicy } from '../cache/load-policy.js'
import { resolveNear, type CloneMode, type NearLimits } from '../cache/near/options.js'
import { resolveRecovery, type RecoveryLimits } from '../cache/recovery/options.js'
import { resolveTtl } from '../cache/ttl.js'
import type { ClientFactory } from '../clients/client.js'
import type { RemoteClientOptions } from '../clients/remote.js'
import type { ReplicatedRouterOptions } from '../clients/routing/replicated.js'
import { resolveCodec, type ResolvedCodec } from '../codec/options.js'
import { resolveAddressMap, type AddressMap, type Translate } from '../connection/address-map.js'
import type { NodeTarget } from '../connection/connection.js'
import type { ConnectionFactory } from '../connection/factory.js'
import {
  resolveConnectionOptions,
  type ConnectionOptions,
  type ResolvedConnectionOptions,
} from '../connection/options.js'
import type { PoolFactory, PoolOptions } from '../connection/pool.js'
import type { Tracking } from '../connection/tracking.js'
import { ConfigurationError } from '../errors.js'
import type { KeyFunctions } from '../keys/key-maker.js'
import type { ReportListeners } from '../telemetry/reporter.js'
import {
  kindOf,
  show,
  toMilliseconds,
  toPositiveMilliseconds,
  toWholeNumber,
  type Duration,
  type Milliseconds,
} from '../units.js'
import { isOnCluster } from './cluster-choice.js'
import { defined } from './defined.js'
import { checkBesideHerd, resolveHerd } from './herd.js'
import { checkCacheOptions, checkSentinelOptions } from './known-options.js'
import type { CacheOptions } from './options.js'
import { readSentinels } from './sentinels.js'
import { checkReadFrom, defaultReadFrom, readServers, type Servers } from './servers.js'
import { checkConnections, checkTracks, resolveClone, trackingOf } from './near.js'
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
  /** What the user had better know of these options; `undefined`: nothing. */
  readonly advice: string | undefined
}

/** A client of servers. */
export interface ResolvedRemote {
  readonly servers: Servers
  readonly connection: ResolvedConnectionOptions
  readonly connectionFactory: ConnectionFactory | undefined
  readonly pool: PoolOptions
  readonly poolFactory: PoolFactory | undefined
  /** What servers announce on the connections; `undefined`: nothing. */
  readonly tracking: Tracking | undefined
  readonly sentinel: ResolvedSentinel | undefined
  /** `undefined`: not a cluster. */
  readonly cluster: ResolvedCluster | undefined
  readonly commands: RemoteClientOptions
  readonly routing: ReplicatedRouterOptions
}

export interface ResolvedSentinel {
  readonly seeds: readonly NodeTarget[]
  readonly connection: ResolvedConnectionOptions
  readonly addressMap: AddressMap | undefined
  readonly translate: Translate | undefined
  readonly fenceAfter: Milliseconds | undefined
}

export interface ResolvedCluster {
  readonly seeds: readonly NodeTarget[]
  readonly addressMap: AddressMap | undefined
  readonly translate: Translate | undefined
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
  return {
    name,
    prefix: text(prefix, given.pathOf('prefix')),
    version: toWholeNumber(version, 0, given.pathOf('version')),
    ttl: resolveTtl(ttl, given.pathOf('ttl')),
    closeTimeout: duration(closeTimeout, given.pathOf('closeTimeout')),
    keyFunctions: {
      keyFunction: optionalFunction(options.keyFunction, given.pathOf('keyFunction')),
      reverseKeyFunction: optionalFunction(options.reverseKeyFunction, given.pathOf('reverseKeyFunction')),
    },
    failSafe: truth(failSafe, given.pathOf('failSafe')),
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
    client,
  }
}

function resolveListeners({ options, pathOf }: Given): ReportListeners {
  const { onError, logger } = options
  if (logger !== undefined && !(typeof logger?.warn === 'function' && typeof logger.error === 'function'))
    throw new ConfigurationError(pathOf('logger'), `expected an object with warn and error, got ${kindOf(logger)}`)
  return { onError: optionalFunction(onError, pathOf('onError')), logger }
}

/** What the user gave for one cache. */
interface Given {
  readonly own: CacheOptions
  readonly shared: CacheOptions
  /** Both together; the cache's own win. */
  readonly options: CacheOptions
  /** The cache's place, such as `caches.default`. */
  readonly path: string
  /** Where an option stands: in the cache, or in what is shared. */
  readonly pathOf: (option: keyof CacheOptions) => string
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
  const named = cluster ? 'cluster' : sentinels === undefined ? 'servers' : 'service'
  const servers = readServers(location, pathOf('location'), named)
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

const clients: readonly string[] = ['default', 'sentinel', 'cluster', 'herd', 'memory']

function checkClient(client: unknown, path: string): void {
  if (client === undefined || clients.includes(client as string)) return
  if (client === 'shard')
    throw new ConfigurationError(path, "'shard' comes with a later version; use 'default', 'sentinel' or 'cluster'")
  throw new ConfigurationError(
    path,
    `expected 'default', 'sentinel', 'cluster', 'herd', 'memory' or a ClientFactory, got ${show(client)}`,
  )
}

function resolveMemory(client: CacheOptions['client'], sentinels: CacheOptions['sentinels'], path: string): 'memory' {
  if (client === 'sentinel' || client === 'cluster')
    throw new ConfigurationError(`${path}.client`, `${show(client)} needs servers, and the location is memory://`)
  if (sentinels !== undefined)
    throw new ConfigurationError(`${path}.sentinels`, 'memory:// has no sentinels; leave them out')
  return 'memory'
}

function resolveRemote(
  given: Given,
  servers: Servers,
  sentinels: CacheOptions['sentinels'],
  near: NearLimits | undefined,
): ResolvedRemote {
  const { connectionFactory, pool = {} } = given.options
  if (typeof connectionFactory === 'object') checkTracks(near, given.pathOf('near'), given.pathOf('connectionFactory'))
  if (typeof pool === 'function') checkTracks(near, given.pathOf('near'), given.pathOf('pool'))
  const pathOf = given.pathOf as (option: string) => string
  const connection = resolveConnectionOptions(withLocation(given, servers), pathOf)
  const poolOptions = resolvePool(typeof pool === 'function' ? {} : pool, pathOf('pool'))
  const tracking = near && trackingOf(near, given)
  checkConnections(tracking, poolOptions.connections, `${pathOf('pool')}.connections`)
  return {
    servers,
    connection,
    connectionFactory: typeof connectionFactory === 'object' ? connectionFactory : undefined,
    poolFactory: typeof pool === 'function' ? pool : undefined,
    pool: poolOptions,
    tracking,
    sentinel: sentinels === undefined ? undefined : resolveSentinel(given, sentinels),
    cluster: resolveCluster(given, servers),
    commands: resolveCommands(given, servers),
    routing: resolveRouting(given, servers, connection),
  }
}

/** What the URL says wins; its scheme and `tls` must not contradict each other. */
function withLocation({ options, pathOf }: Given, { common }: Servers): ConnectionOptions {
  const { username, password, database, secure } = common
  if (secure && options.tls === false)
    throw new ConfigurationError(pathOf('tls'), 'is false, and the location asks for TLS; change one')
  const { tls = secure } = options
  return { ...options, tls, ...defined({ username, password, database }) }
}

function resolveSentinel(
  { options, pathOf }: Given,
  sentinels: NonNullable<CacheOptions['sentinels']>,
): ResolvedSentinel {
  const { sentinelOptions = {}, clientName } = options
  const path = pathOf('sentinelOptions')
  checkSentinelOptions(sentinelOptions, path)
  const { timeout = 400, addressMap, ...access } = sentinelOptions
  const connectTimeout = toPositiveMilliseconds(timeout, `${path}.timeout`)
  return {
    seeds: readSentinels(sentinels, pathOf('sentinels'), `${path} (username, password, tls)`),
    connection: resolveConnectionOptions({ ...access, clientName, connectTimeout }, (option) => `${path}.${option}`),
    addressMap,
    translate: resolveAddressMap(addressMap, `${path}.addressMap`),
    fenceAfter: optionalPositive(options.fenceAfter, pathOf('fenceAfter')),
  }
}

/** A shared map is for the clusters among the caches. */
function resolveCluster({ own, options, pathOf }: Given, { kind, seeds }: Servers): ResolvedCluster | undefined {
  const path = pathOf('addressMap')
  if (kind === 'cluster')
    return { seeds, addressMap: options.addressMap, translate: resolveAddressMap(options.addressMap, path) }
  if (own.addressMap !== undefined)
    throw new ConfigurationError(path, 'is for clusters; for Sentinel write it in sentinelOptions, else leave it out')
  return undefined
}

/** How long calls may take that say nothing of it, in ms. */
export const usualDeadlines = { read: 1_000, write: 5_000 }

function resolveCommands({ options, pathOf }: Given, servers: Servers): RemoteClientOptions {
  const { attemptTimeout, readYourWrites = 1_000 } = options
  const { readDeadline = usualDeadlines.read, writeDeadline = usualDeadlines.write } = options
  const { readFrom = defaultReadFrom(servers, options.client), minReplicas = 0 } = options
  checkReadFrom(servers, readFrom, pathOf('readFrom'))
  // One server answers every read: to remember what was written would cost a sixth of setMany (bench/suites/many-keys.mjs).
  const window = duration(readYourWrites, pathOf('readYourWrites'))
  const readOnly =
    servers.roles === 'replica'
      ? `${servers.path} names replicas only; write through a cache that has the primary.`
      : undefined
  return {
    attemptTimeout: optionalPositive(attemptTimeout, pathOf('attemptTimeout')),
    readDeadline: toPositiveMilliseconds(readDeadline, pathOf('readDeadline')),
    writeDeadline: toPositiveMilliseconds(writeDeadline, pathOf('writeDeadline')),
    readYourWrites: servers.kind === 'single' ? 0 : window,
    readFrom,
    minReplicas: toWholeNumber(minReplicas, 0, pathOf('minReplicas')),
    readOnly,
  }
}

function resolveRouting(
  { options, pathOf }: Given,
  { kind }: Servers,
  { connectTimeout, maxPending }: ResolvedConnectionOptions,
): ReplicatedRouterOptions {
  const { holdTimeout = 3_000, maxLag, fenceAfter, sentinels } = options
  if (fenceAfter !== undefined && sentinels === undefined && kind !== 'cluster')
    throw new ConfigurationError(pathOf('fenceAfter'), 'needs sentinels to hear from; leave it out')
  const fence = optionalPositive(fenceAfter, pathOf('fenceAfter'))
  return {
    connectTimeout,
    maxPending,
    holdTimeout: duration(holdTimeout, pathOf('holdTimeout')),
    maxLag: optionalPositive(maxLag, pathOf('maxLag')),
    fenceAfter: kind === 'sentinel' ? fence : undefined,
  }
}

function optionalPositive(value: Duration | undefined, path: string): Milliseconds | undefined {
  return value === undefined ? undefined : toPositiveMilliseconds(value, path)
}

function resolvePool(pool: unknown, path: string): PoolOptions {
  if (pool === null || typeof pool !== 'object')
    throw new ConfigurationError(path, `expected { connections, leases } or a PoolFactory, got ${kindOf(pool)}`)
  const { connections = 1, leases = 64, ...unknown } = pool as Partial<PoolOptions>
  for (const name of Object.keys(unknown))
    throw new ConfigurationError(`${path}.${name}`, 'unknown option; known are connections, leases')
  return {
    connections: toWholeNumber(connections, 1, `${path}.connections`),
    leases: toWholeNumber(leases, 1, `${path}.leases`),
  }
}

function text(value: unknown, path: string): string {
  if (typeof value === 'string') return value
  throw new ConfigurationError(path, `expected a text, got ${show(value)}`)
}

function truth(value: unknown, path: string): boolean {
  if (typeof value === 'boolean') return value
  throw new ConfigurationError(path, `expected true or false, got ${show(value)}`)
}

function optionalFunction<Kind>(value: Kind, path: string): Kind {
  if (value === undefined || typeof value === 'function') return value
  throw new ConfigurationError(path, `expected a function, got ${show(value)}`)
}

function duration(value: Duration, path: string): Milliseconds {
  const ms = toMilliseconds(value, path)
  if (ms >= 0) return ms
  throw new ConfigurationError(path, `must not be negative, got ${show(value)}`)
}
