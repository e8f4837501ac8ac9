import { ConfigurationError } from '../errors.js'
import { splitLocations } from './location.js'
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

function checkShard({ servers: own }: Shard, before: readonly Shard[], database: number): void {
  const { common, path } = own
  if (common.role !== undefined)
    throw new ConfigurationError(
      path,
      'a shard is read and written; leave its role out, and say with readFrom who is read',
    )
  const twin = before.find(({ servers }) => isSamePlace(servers, own, database))
  if (twin !== undefined)
    throw new ConfigurationError(path, `leads where ${twin.servers.path} leads; list each shard once`)
}

function isSamePlace(one: Servers, other: Servers, database: number): boolean {
  const [{ host, port, path }, target] = [targetOf(one.common), targetOf(other.common)]
  const isSame = hostOf(host, one) === hostOf(target.host, one) && port === target.port && path === target.path
  return isSame && (one.common.database ?? database) === (other.common.database ?? database)
}

/** Case counts in the name of a service, and not in that of a host, which may end with the dot of the root. */
function hostOf(name: string, { kind }: Servers): string {
  return kind === 'sentinel' ? name : name.toLowerCase().replace(/\.$/, '')
}
