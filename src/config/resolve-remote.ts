import type { NearLimits } from '../cache/near/options.js'
import type { RemoteClientOptions } from '../clients/remote.js'
import type { ReplicatedRouterOptions } from '../clients/routing/replicated.js'
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
import {
  checkNames,
  kindOf,
  toPositiveMilliseconds,
  toUnsignedMilliseconds,
  toWholeNumber,
  type Duration,
  type Milliseconds,
} from '../units.js'
import { defined } from './defined.js'
import type { Given } from './given.js'
import { checkSentinelOptions } from './known-options.js'
import { checkConnections, checkTracks, trackingOf } from './near.js'
import type { CacheOptions } from './options.js'
import { readSentinels } from './sentinels.js'
import { checkReadFrom, defaultReadFrom, type Servers } from './servers.js'
import type { Shard } from './shards.js'
import { resolveZone } from './zone.js'

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
  /** Each shard, where the keys are divided among several; the rest is that of the first one. `undefined`: they are not. */
  readonly shards: readonly ResolvedShard[] | undefined
  /** When commands leave: with several primaries at the end of the loop's turn, for replies of one set off calls to all. */
  readonly leaveAt: 'tick' | 'turn'
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

/** A server or service that has a part of the keys. */
export interface ResolvedShard {
  /** What names it on the ring. */
  readonly node: string
  readonly remote: ResolvedRemote
}

/**
 * Makes the options of a cache complete whose keys are divided among several servers or services.
 * @throws {ConfigurationError} E_CONFIG with the path of the value
 */
export function resolveShards(
  given: Given,
  shards: readonly Shard[],
  sentinels: CacheOptions['sentinels'],
  near: NearLimits | undefined,
): ResolvedRemote {
  const resolved = shards.map(({ node, servers }): ResolvedShard => {
    const remote = resolveRemote(given, servers, sentinels, near)
    const { commands } = remote
    const gathers = commands.gathers === 'never' ? 'never' : 'turn'
    return { node, remote: { ...remote, leaveAt: 'turn', commands: { ...commands, gathers } } }
  })
  const [first] = resolved as [ResolvedShard]
  return { ...first.remote, shards: resolved }
}

/**
 * Makes the options of a cache of servers complete.
 * @throws {ConfigurationError} E_CONFIG with the path of the value
 */
export function resolveRemote(
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
  const zone = resolveZone(given)
  return {
    servers,
    connection,
    connectionFactory: typeof connectionFactory === 'object' ? connectionFactory : undefined,
    poolFactory: typeof pool === 'function' ? pool : undefined,
    pool: poolOptions,
    tracking,
    sentinel: sentinels === undefined ? undefined : resolveSentinel(given, sentinels),
    cluster: resolveCluster(given, servers),
    shards: undefined,
    leaveAt: servers.kind === 'cluster' ? 'turn' : 'tick',
    commands: { ...resolveCommands(given, servers), zone, gathers: poolOptions.connections === 1 ? 'tick' : 'never' },
    routing: { ...resolveRouting(given, servers, connection), zone },
  }
}

/** What the URL says wins; its scheme and `tls` must not contradict each other. */
function withLocation({ options, pathOf }: Given, { common }: Servers): ConnectionOptions {
  const { username, password, database, secure, socket } = common
  if (secure && options.tls === false)
    throw new ConfigurationError(pathOf('tls'), 'is false, and the location asks for TLS; change one')
  if (socket !== undefined && options.tls !== undefined && options.tls !== false)
    throw new ConfigurationError(pathOf('tls'), 'is for TCP, and the location is a unix socket; leave it out')
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
  const window = toUnsignedMilliseconds(readYourWrites, pathOf('readYourWrites'))
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
    holdTimeout: toUnsignedMilliseconds(holdTimeout, pathOf('holdTimeout')),
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
  const { connections = 1, leases = 64 } = pool as Partial<PoolOptions>
  checkNames(pool, ['connections', 'leases'], path)
  return {
    connections: toWholeNumber(connections, 1, `${path}.connections`),
    leases: toWholeNumber(leases, 1, `${path}.leases`),
  }
}
