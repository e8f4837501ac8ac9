import type { TopologySnapshot } from '../../clients/client.js'
import type { ResolvedRemote } from '../../config/resolve-remote.js'
import { addressOf, type NodeTarget } from '../../connection/connection.js'
import { loopClock } from '../../connection/deadlines.js'
import { RespConnectionFactory } from '../../connection/resp/factory.js'
import { CacheError, ConfigurationError, UnsupportedError } from '../../errors.js'
import type { Milliseconds } from '../../units.js'
import type { Facts } from '../look/facts.js'
import { slotOf } from '../../keys/slot.js'
import { hasSlot } from '../../topology/cluster/slots.js'
import { look } from '../look/look.js'
import { shardsOf } from '../status/cluster-view.js'
import { partsOf, shardFinder } from '../target/shards.js'

/** Which failover is ordered. */
export interface Order {
  /** What is asked to do it, and the words for it. */
  readonly asked: string
  /** Whether a key, as the server knows it, is of the primary that is replaced; `undefined`: all keys are. */
  readonly holds: ((made: string) => boolean) | undefined
  /** That primary, by what a cache sees. */
  readonly primaryIn: (topology: TopologySnapshot) => string | undefined
  /** Orders it; resolves when the order is taken. */
  readonly give: () => Promise<void>
}

/**
 * Looks whom to order a failover.
 * @param place which of several shards, by its place in `status`
 * @throws {UnsupportedError} E_UNSUPPORTED where nobody can order one
 */
export async function findOrder(remote: ResolvedRemote, place: number): Promise<Order> {
  const [parts, shardOf] = [partsOf(remote), shardFinder(remote)]
  if (shardOf === undefined) return orderFor(remote, await look(remote), place)
  const part = parts[place]
  if (part === undefined) throw noShard(parts.length, place)
  const order = orderFor(part, await look(part), 0)
  const primaryIn: Order['primaryIn'] = ({ shards }) => shards[place]?.primary
  return { ...order, holds: (made) => shardOf(made) === place, primaryIn }
}

function orderFor(remote: ResolvedRemote, facts: Facts, shard: number): Order {
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
  const asked = `sentinel ${up.address}: SENTINEL FAILOVER ${name}`
  return { asked, holds: undefined, primaryIn: ({ primary }) => primary, give }
}

/** A replica of the shard that answers takes over; whoever is asked says when it cannot. */
function clusterOrder(remote: ResolvedRemote, facts: Facts, place: number): Order {
  const shards = shardsOf(facts)
  const shard = shards[place]
  if (shard === undefined) throw noShard(shards.length, place)
  const replica = facts.nodes.find(({ address, state }) => state === 'up' && shard.replicas.includes(address))
  if (replica === undefined) throw new UnsupportedError(`Shard ${place} has no replica that answers; start one first.`)
  const factory = new RespConnectionFactory(remote.connection, { translate: remote.cluster?.translate })
  const give = (): Promise<void> => command(factory, replica.target, ['CLUSTER', 'FAILOVER'])
  const holds = (made: string): boolean => hasSlot(shard.slots, slotOf(made))
  const [[first] = [0]] = shard.slots
  const primaryIn: Order['primaryIn'] = (topology) =>
    topology.shards.find(({ slots }) => hasSlot(slots, first))?.primary
  return { asked: `replica ${replica.address}: CLUSTER FAILOVER`, holds, primaryIn, give }
}

function noShard(count: number, place: number): ConfigurationError {
  return new ConfigurationError('--shard', `there are ${count} shards, from 0 on; got ${place}`)
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
