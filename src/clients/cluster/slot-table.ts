import { slotCount } from '../../keys/slot.js'
import type { ClusterMap } from '../../topology/cluster/source.js'

/** Who serves each slot. */
export class SlotTable<Shard> {
  #shards: readonly (Shard | undefined)[] = new Array<Shard | undefined>(slotCount).fill(undefined)

  at(slot: number): Shard | undefined {
    return this.#shards[slot]
  }

  /**
   * Takes a new map.
   * @param shardOf gives the shard of an id
   * @returns the slots that somebody else serves now than before, or nobody
   */
  update({ shards }: ClusterMap, shardOf: (id: string) => Shard): ReadonlySet<number> {
    const before = this.#shards
    const after = new Array<Shard | undefined>(slotCount).fill(undefined)
    for (const { id, slots } of shards) {
      const shard = shardOf(id)
      for (const [from, to] of slots) after.fill(shard, from, to + 1)
    }
    this.#shards = after
    const changed = new Set<number>()
    for (let slot = 0; slot < slotCount; slot++) if (before[slot] !== after[slot]) changed.add(slot)
    return changed
  }
}
