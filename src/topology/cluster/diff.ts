import { addressOf, type Address } from '../../connection/connection.js'
import type { TopologyEvent } from '../events.js'
import { joined, slotCount } from './slots.js'
import type { ClusterMap, ClusterShard, SlotRange } from './source.js'

type SlotsMoved = Extract<TopologyEvent, { type: 'slots-moved' }>

/** Which slots another shard serves now; a shard whose primary changed is the same one. Pure. */
export function diffMaps(before: ClusterMap, after: ClusterMap): readonly SlotsMoved[] {
  const [was, is] = [ownersOf(before), ownersOf(after)]
  const moves = new Map<string, { from: ClusterShard | undefined; to: ClusterShard | undefined; slots: SlotRange[] }>()
  for (let slot = 0; slot < slotCount; slot++) {
    const [from, to] = [was[slot], is[slot]]
    if (from?.id === to?.id) continue
    const key = `${from?.id}→${to?.id}`
    const move = moves.get(key) ?? { from, to, slots: [] }
    move.slots.push([slot, slot])
    moves.set(key, move)
  }
  return [...moves.values()].map(({ from, to, slots }) => ({
    type: 'slots-moved',
    from: addressIn(from),
    to: addressIn(to),
    slots: joined(slots),
  }))
}

function ownersOf({ shards }: ClusterMap): readonly (ClusterShard | undefined)[] {
  const owners = new Array<ClusterShard | undefined>(slotCount).fill(undefined)
  for (const shard of shards) for (const [from, to] of shard.slots) owners.fill(shard, from, to + 1)
  return owners
}

function addressIn(shard: ClusterShard | undefined): Address | undefined {
  return shard?.primary && addressOf(shard.primary)
}
