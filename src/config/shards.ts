import { ConfigurationError } from '../errors.js'
import { splitLocations, type ServerLocation } from './location.js'
import { notWithMemory, serversAt, targetOf, type Servers } from './servers.js'

/** One of several servers or services, each of which has keys of its own. */
export interface Shard {
  /** Its location as it was given, which names it on the ring. */
  readonly node: string
  readonly servers: Servers
}

/**
 * Reads locations each of which is a shard.
 * @param database that of locations that name none
 * @returns `undefined` for `memory://`
 * @throws {ConfigurationError} E_CONFIG at one that is listed twice, names a role, or is no server
 */
export function readShards(
  location: string | readonly string[],
  path: string,
  named: 'servers' | 'service',
  database = 0,
): readonly Shard[] | undefined {
  const entries = splitLocations(location, path)
  const shards = entries.flatMap((entry): readonly Shard[] => {
    const servers = serversAt([entry], entry.path, named)
    return servers === undefined ? [] : [{ node: entry.text, servers }]
  })
  if (shards.length === 0 && entries.length === 1) return undefined
  if (shards.length < entries.length) throw new ConfigurationError(path, notWithMemory)
  shards.forEach((shard, index) => checkShard(shard, shards.slice(0, index), database))
  return shards
}

function checkShard({ servers: { common, path } }: Shard, before: readonly Shard[], database: number): void {
  if (common.role !== undefined)
    throw new ConfigurationError(
      path,
      'a shard is read and written; leave its role out, and say with readFrom who is read',
    )
  const twin = before.find(({ servers }) => isSamePlace(servers.common, common, database))
  if (twin !== undefined)
    throw new ConfigurationError(path, `leads where ${twin.servers.path} leads; list each shard once`)
}

function isSamePlace(one: ServerLocation, other: ServerLocation, database: number): boolean {
  const { host, port, path } = targetOf(one)
  const target = targetOf(other)
  const isSame = host === target.host && port === target.port && path === target.path
  return isSame && (one.database ?? database) === (other.database ?? database)
}
