import type { PoolFactory } from '../../connection/pool.js'
import { ConfigurationError } from '../../errors.js'
import type { CacheOptions, SentinelAddress, SentinelOptions } from '../options.js'
import { readPoolClass } from './classes.js'
import { chooseConnectionFactory, namedConnectionFactory, type ConnectionFactoryChoice } from './connection-factory.js'
import { defined } from '../defined.js'
import type { Draft } from './draft.js'
import type { Entry } from './entry.js'
import { ownLocation, shardLocation } from './locations.js'
import { readNames } from './read-names.js'
import { tlsOf } from './tls.js'
import { optionalDictionary } from './values.js'
import { readSentinels } from '../sentinels.js'

/** Which servers a cache has and how they are found: location, client, factory, pool, sentinels. */
export function serversOf(entry: Entry, draft: Draft): CacheOptions {
  const choice = readFactory(entry)
  const { client, oneUrl } = entry
  const cluster = isOnCluster(entry, choice)
  return defined({
    location: locationOf(entry, choice, draft.database ?? 0),
    client: cluster ? 'cluster' : client === 'sentinel' && !oneUrl ? 'default' : client,
    connectionFactory: choice.factory === 'cluster' ? 'default' : choice.factory,
    readFrom: draft.readFrom ?? (cluster || isOnServices(entry, choice) ? 'primaryPreferred' : undefined),
    pool: readPool(entry, choice),
    sentinels: sentinelsOf(entry),
    sentinelOptions: sentinelOptionsOf(entry),
  })
}

/** A client of the user's own takes what it gets. */
function isOnCluster({ client }: Entry, { factory }: ConnectionFactoryChoice): boolean {
  return client === 'cluster' || (factory === 'cluster' && typeof client !== 'function')
}

/** Shards that are services under Sentinel: Python reads their primaries. */
function isOnServices({ client }: Entry, { factory }: ConnectionFactoryChoice): boolean {
  return client === 'shard' && factory === 'sentinel'
}

function readFactory(entry: Entry): ConnectionFactoryChoice {
  const { path, options, optionsPath, locations, client, shared, classes } = entry
  return chooseConnectionFactory({
    path: optionsPath,
    own: namedConnectionFactory(options.CONNECTION_FACTORY, `${optionsPath}.CONNECTION_FACTORY`, classes),
    shared,
    client: typeof client === 'string' ? client : undefined,
    clientPath: options.CLIENT_CLASS || client === 'default' ? `${optionsPath}.CLIENT_CLASS` : `${path}.BACKEND`,
    sentinels: namesSentinels(options.SENTINELS),
    port: locations.some(({ port, socket }) => port !== undefined || socket !== undefined),
  })
}

/** A list of one is one location. */
function locationOf(entry: Entry, choice: ConnectionFactoryChoice, database: number): string | readonly string[] {
  const { locations, client, oneUrl, warn } = entry
  if (client === 'shard') return shardLocations(entry, choice)
  const cluster = isOnCluster(entry, choice)
  const bothRoles = cluster || (client === 'sentinel' && oneUrl)
  const texts = locations.map((location) => {
    if (cluster && location.socket !== undefined)
      throw new ConfigurationError(location.path, 'a node of a cluster is named by host and port, not by a socket')
    if (bothRoles && location.role !== undefined)
      warn(location.path, `${cluster ? 'the cluster client' : 'SentinelClient'} uses both roles; is_master is left out`)
    const wanted = bothRoles ? { ...location, role: undefined } : location
    return ownLocation(wanted, choice.factory === 'sentinel', database, warn)
  })
  return texts.length === 1 ? String(texts[0]) : texts
}

/** Always a list: a text of a list may have commas in it. */
function shardLocations(
  { cache: { LOCATION }, locations }: Entry,
  { factory }: ConnectionFactoryChoice,
): readonly string[] {
  const texts = typeof LOCATION === 'string' ? LOCATION.split(',') : (LOCATION as readonly string[])
  return locations.map((location, index) => shardLocation(location, String(texts[index]), factory === 'sentinel'))
}

/** @throws {ConfigurationError} E_CONFIG when a pool of valkey-py does not fit the factory */
function readPool({ options, optionsPath, classes }: Entry, choice: ConnectionFactoryChoice): PoolFactory | undefined {
  const path = `${optionsPath}.CONNECTION_POOL_CLASS`
  const pool = readPoolClass(options.CONNECTION_POOL_CLASS, path, classes)
  if (typeof pool === 'function') return pool
  const { factory, from } = choice
  if (pool === 'default' && factory === 'sentinel')
    throw new ConfigurationError(
      path,
      `is not for Sentinel, which ${from} asks for; valkey.sentinel.SentinelConnectionPool is`,
    )
  if (pool === 'sentinel' && (factory === 'default' || factory === 'cluster'))
    throw new ConfigurationError(path, `is for Sentinel, and ${from} is not; write CONNECTION_FACTORY and SENTINELS`)
  return undefined
}

function sentinelsOf({ options: { SENTINELS }, optionsPath }: Entry): readonly SentinelAddress[] | undefined {
  if (!namesSentinels(SENTINELS)) return undefined
  const targets = readSentinels(SENTINELS, `${optionsPath}.SENTINELS`, 'SENTINEL_KWARGS')
  return targets.map(({ host, port }) => [host, port] as const)
}

/** Whether a cache names sentinels: an empty list is none. */
function namesSentinels(value: unknown): boolean {
  return Array.isArray(value) ? value.length > 0 : Boolean(value)
}

function sentinelOptionsOf({ options, optionsPath, warn }: Entry): SentinelOptions | undefined {
  const path = `${optionsPath}.SENTINEL_KWARGS`
  const values = optionalDictionary(options.SENTINEL_KWARGS, path)
  if (Object.keys(values).length === 0) return undefined
  const draft = readNames({ place: 'SENTINEL_KWARGS', values, path }, warn)
  if (!namesSentinels(options.SENTINELS)) warn(path, 'there are no SENTINELS to use it for')
  const { username, password, attemptTimeout: timeout } = draft
  const read: SentinelOptions = defined({ username, password, timeout, tls: tlsOf(draft, false, path) })
  return Object.keys(read).length > 0 && namesSentinels(options.SENTINELS) ? read : undefined
}
