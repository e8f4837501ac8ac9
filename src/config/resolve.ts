import { resolveTtl } from '../cache/ttl.js'
import type { ClientFactory } from '../clients/client.js'
import type { RemoteClientOptions } from '../clients/remote.js'
import type { NodeTarget } from '../connection/connection.js'
import type { ConnectionFactory } from '../connection/factory.js'
import {
  resolveConnectionOptions,
  type ConnectionOptions,
  type ResolvedConnectionOptions,
} from '../connection/options.js'
import type { PoolFactory } from '../connection/pool.js'
import { ConfigurationError } from '../errors.js'
import { show, toMilliseconds, type Duration, type Milliseconds } from '../units.js'
import { checkCacheOptions, checkSentinelOptions } from './known-options.js'
import type { CacheOptions } from './options.js'
import { readSentinels } from './sentinels.js'
import { checkReadFrom, defaultReadFrom, readServers, type Servers } from './servers.js'
import { findSentinels } from './topology-choice.js'

/** A cache's options, complete and checked. */
export interface ResolvedCache {
  readonly name: string
  readonly prefix: string
  readonly version: number
  /** `undefined`: for ever. */
  readonly ttl: Milliseconds | undefined
  readonly closeTimeout: Milliseconds
  readonly client: 'memory' | ClientFactory | ResolvedRemote
}

/** A client of servers. */
export interface ResolvedRemote {
  readonly servers: Servers
  readonly connection: ResolvedConnectionOptions
  readonly connectionFactory: ConnectionFactory | undefined
  readonly connections: number
  readonly poolFactory: PoolFactory | undefined
  readonly sentinel: ResolvedSentinel | undefined
  readonly commands: RemoteClientOptions
}

export interface ResolvedSentinel {
  readonly seeds: readonly NodeTarget[]
  readonly connection: ResolvedConnectionOptions
}

/**
 * Makes one cache's options complete: its own win over the shared ones, a URL's parts over both.
 * @throws {ConfigurationError} E_CONFIG with the path of the value
 */
export function resolveCache(name: string, own: CacheOptions, shared: CacheOptions): ResolvedCache {
  const path = `caches.${name}`
  checkCacheOptions(own, path)
  const options = { ...shared, ...defined(own) }
  return {
    name,
    prefix: text(options.prefix ?? '', `${path}.prefix`),
    version: whole(options.version ?? 1, 0, `${path}.version`),
    ttl: resolveTtl(options.ttl === undefined ? 300_000 : options.ttl, `${path}.ttl`),
    closeTimeout: duration(options.closeTimeout ?? 2_000, `${path}.closeTimeout`),
    client: resolveClient(own, shared, options, path),
  }
}

function resolveClient(
  own: CacheOptions,
  shared: CacheOptions,
  options: CacheOptions,
  path: string,
): ResolvedCache['client'] {
  const { client, location = 'memory://' } = options
  if (typeof client === 'function') return client
  const sentinels = findSentinels(own, shared, path)
  const servers = readServers(location, `${path}.location`, sentinels !== undefined)
  if (servers === undefined) return resolveMemory(client, sentinels, path)
  checkClient(client, sentinels, path)
  return resolveRemote(options, servers, sentinels, path)
}

function resolveMemory(client: CacheOptions['client'], sentinels: CacheOptions['sentinels'], path: string): 'memory' {
  if (client !== undefined && client !== 'memory' && client !== 'default')
    throw new ConfigurationError(`${path}.client`, `${show(client)} needs servers, and the location is memory://`)
  if (sentinels !== undefined)
    throw new ConfigurationError(`${path}.sentinels`, 'memory:// has no sentinels; leave them out')
  return 'memory'
}

function checkClient(client: CacheOptions['client'], sentinels: CacheOptions['sentinels'], path: string): void {
  if (client === 'memory')
    throw new ConfigurationError(`${path}.client`, "'memory' takes no server; set location to memory://")
  if (client === 'sentinel' && sentinels === undefined)
    throw new ConfigurationError(
      `${path}.sentinels`,
      "client 'sentinel' needs the sentinels to ask, such as [['host', 26379]]",
    )
  if (client === undefined || client === 'default' || client === 'sentinel') return
  const later = ['herd', 'shard', 'cluster'].includes(String(client))
  const problem = later ? `${show(client)} comes with a later version` : `expected ${clients}, got ${show(client)}`
  throw new ConfigurationError(`${path}.client`, problem)
}

function resolveRemote(
  options: CacheOptions,
  servers: Servers,
  sentinels: CacheOptions['sentinels'],
  path: string,
): ResolvedRemote {
  const { connectionFactory, pool = {} } = options
  return {
    servers,
    connection: resolveConnectionOptions(withLocation(options, servers, path), path),
    connectionFactory: typeof connectionFactory === 'object' ? connectionFactory : undefined,
    poolFactory: typeof pool === 'function' ? pool : undefined,
    connections: typeof pool === 'function' ? 1 : resolvePool(pool, `${path}.pool`),
    sentinel: sentinels === undefined ? undefined : resolveSentinel(options, sentinels, path),
    commands: resolveCommands(options, servers, path),
  }
}

/** What the URL says wins; its scheme and `tls` must not contradict each other. */
function withLocation(options: CacheOptions, { common }: Servers, path: string): ConnectionOptions {
  const { username, password, database, secure } = common
  if (secure && options.tls === false)
    throw new ConfigurationError(`${path}.tls`, 'is false, and the location asks for TLS; change one')
  const tls = options.tls ?? secure
  return { ...options, tls, ...defined({ username, password, database }) }
}

function resolveSentinel(
  options: CacheOptions,
  sentinels: NonNullable<CacheOptions['sentinels']>,
  path: string,
): ResolvedSentinel {
  const { sentinelOptions = {}, clientName } = options
  const at = `${path}.sentinelOptions`
  checkSentinelOptions(sentinelOptions, at)
  const { timeout = 400, ...access } = sentinelOptions
  const connectTimeout = positive(timeout, `${at}.timeout`)
  return {
    seeds: readSentinels(sentinels, `${path}.sentinels`),
    connection: resolveConnectionOptions({ ...access, clientName, connectTimeout }, at),
  }
}

function resolveCommands(options: CacheOptions, servers: Servers, path: string): RemoteClientOptions {
  const readFrom = options.readFrom ?? defaultReadFrom(servers, options.client)
  checkReadFrom(servers, readFrom, `${path}.readFrom`)
  const readOnly =
    servers.roles === 'replica'
      ? `${servers.path} names replicas only; write through a cache that has the primary.`
      : undefined
  return {
    attemptTimeout: positive(options.attemptTimeout ?? 250, `${path}.attemptTimeout`),
    readDeadline: positive(options.readDeadline ?? 1_000, `${path}.readDeadline`),
    writeDeadline: positive(options.writeDeadline ?? 5_000, `${path}.writeDeadline`),
    readYourWrites: duration(options.readYourWrites ?? 1_000, `${path}.readYourWrites`),
    readFrom,
    readOnly,
  }
}

function resolvePool(pool: unknown, path: string): number {
  if (pool === null || typeof pool !== 'object')
    throw new ConfigurationError(path, `expected { connections } or a PoolFactory, got ${show(pool)}`)
  const { connections = 1, ...unknown } = pool as { connections?: number }
  for (const name of Object.keys(unknown))
    throw new ConfigurationError(`${path}.${name}`, 'unknown option; known is connections')
  return whole(connections, 1, `${path}.connections`)
}

function defined<T extends object>(options: T): Partial<T> {
  return Object.fromEntries(Object.entries(options).filter(([, value]) => value !== undefined)) as Partial<T>
}

function text(value: unknown, path: string): string {
  if (typeof value === 'string') return value
  throw new ConfigurationError(path, `expected a text, got ${show(value)}`)
}

function whole(value: number, least: number, path: string): number {
  if (Number.isSafeInteger(value) && value >= least) return value
  throw new ConfigurationError(path, `expected a whole number of at least ${least}, got ${show(value)}`)
}

function duration(value: Duration, path: string): Milliseconds {
  const ms = toMilliseconds(value, path)
  if (ms >= 0) return ms
  throw new ConfigurationError(path, `must not be negative, got ${show(value)}`)
}

function positive(value: Duration, path: string): Milliseconds {
  const ms = toMilliseconds(value, path)
  if (ms > 0) return ms
  throw new ConfigurationError(path, `must be more than 0 ms, got ${show(value)}`)
}

const clients = "'default', 'sentinel', 'memory' or a ClientFactory"
