import type { ResolvedRemote } from '../../config/resolve-remote.js'
import { addressOf, type NodeTarget } from '../../connection/connection.js'
import { loopClock } from '../../connection/deadlines.js'
import { RespConnectionFactory } from '../../connection/resp/factory.js'
import { CacheError, ConfigurationError, UnsupportedError } from '../../errors.js'
import type { Milliseconds } from '../../units.js'
import type { Facts } from '../look/facts.js'
import { shardsOf, type ShardStatus } from '../status/cluster-view.js'

/** Which failover is ordered. */
export interface Order {
  /** What is asked to do it, and the words for it. */
  readonly asked: string
  /** The slots whose primary is replaced; none: all keys are of one primary. */
  readonly shard: ShardStatus | undefined
  /** Orders it; resolves when the order is taken. */
  readonly give: () => Promise<void>
}

/**
 * Finds whom to order a failover, by what one look found.
 * @param shard which shard of a cluster, by its place in `status`
 * @throws {UnsupportedError} E_UNSUPPORTED where nobody can order one
 */
export function orderFor(remote: ResolvedRemote, facts: Facts, shard: number): Order {
  if (remote.sentinel !== undefined) return sentinelOrder(remote, facts)
  if (facts.kind === 'cluster') return clusterOrder(remote, facts, shard)
  throw new UnsupportedError('A failover is ordered from sentinels, or in a cluster; these servers have neither.')
}

function sentinelOrder(remote: ResolvedRemote, { name, sentinels }: Facts): Order {
  const up = sentinels.find(({ told }) => told?.view !== undefined)
  if (up === undefined || remote.sentinel === undefined)
    throw new UnsupportedError(
      'No sentinel that knows the service answers, so nobody can order a failover; see status.',
    )
  const { connection, translate } = remote.sentinel
  const factory = new RespConnectionFactory(connection, { translate })
  const give = (): Promise<void> => command(factory, up.target, ['SENTINEL', 'FAILOVER', name])
  return { asked: `sentinel ${up.address}: SENTINEL FAILOVER ${name}`, shard: undefined, give }
}

/** A replica of the shard that answers takes over; whoever is asked says when it cannot. */
function clusterOrder(remote: ResolvedRemote, facts: Facts, place: number): Order {
  const shards = shardsOf(facts)
  const shard = shards[place]
  if (shard === undefined)
    throw new ConfigurationError('--shard', `there are ${shards.length} shards, from 0 on; got ${place}`)
  const replica = facts.nodes.find(({ address, state }) => state === 'up' && shard.replicas.includes(address))
  if (replica === undefined) throw new UnsupportedError(`Shard ${place} has no replica that answers; start one first.`)
  const factory = new RespConnectionFactory(remote.connection, { translate: remote.cluster?.translate })
  const give = (): Promise<void> => command(factory, replica.target, ['CLUSTER', 'FAILOVER'])
  return { asked: `replica ${replica.address}: CLUSTER FAILOVER`, shard, give }
}

async function command(factory: RespConnectionFactory, target: NodeTarget, args: readonly string[]): Promise<void> {
  const connection = await factory.connect(target, undefined, new AbortController().signal)
  try {
    await connection.execute({ args, decode: 'text' }, { deadline: loopClock.now() + patience })
  } catch (error) {
    if (!(error instanceof CacheError)) throw error
    throw new UnsupportedError(`${addressOf(target)} refuses the failover: ${error.message}`, { cause: error })
  } finally {
    connection.destroy()
  }
}

const patience: Milliseconds = 2_000
