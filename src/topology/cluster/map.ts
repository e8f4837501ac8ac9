import { addressOf } from '../../connection/connection.js'
import type { KnownShard } from './identity.js'
import type { ClusterMap, ClusterShard } from './source.js'
import { primaryOf, replicasOf } from './view.js'

/** The map as it is made known; the map before, or shards of it, where they say the same. Pure. */
export function mapOf(known: readonly KnownShard[], before: ClusterMap | undefined): ClusterMap {
  const shards = known
    .map((shard) => unchanged(shardOf(shard), before))
    .sort((one, other) => lowestSlot(one) - lowestSlot(other))
  const isSame = shards.length === before?.shards.length && shards.every((shard, at) => shard === before.shards[at])
  return isSame ? before : Object.freeze({ shards })
}

function shardOf(shard: KnownShard): ClusterShard {
  const { key, slots } = shard
  return Object.freeze({
    id: key,
    primary: primaryOf(shard)?.target,
    replicas: replicasOf(shard).map(({ target }) => target),
    slots,
  })
}

function unchanged(shard: ClusterShard, before: ClusterMap | undefined): ClusterShard {
  const same = before?.shards.find(({ id }) => id === shard.id)
  return same !== undefined && textOf(same) === textOf(shard) ? same : shard
}

function textOf({ primary, replicas, slots }: ClusterShard): string {
  return `${primary && addressOf(primary)} ${replicas.map(addressOf).join(' ')} ${slots.join(' ')}`
}

/** Shards without slots stand last, in the order in which they came to be known. */
function lowestSlot({ id, slots }: ClusterShard): number {
  return slots[0]?.[0] ?? 1e6 + Number(id)
}
