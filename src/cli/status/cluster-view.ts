import { addressOf, type Address } from '../../connection/connection.js'
import type { SlotRange } from '../../topology/cluster/source.js'
import { coverage, primaryOf, type ClusterView } from '../../topology/cluster/view.js'
import type { Facts, NodeFacts } from '../look/facts.js'

/** A part of the keys: a shard of a cluster, as most of its nodes see it, or a server or service of its own. */
export interface ShardStatus {
  /** The service, or the address, where shards know nothing of each other. */
  readonly name?: string
  readonly primary: Address | undefined
  readonly replicas: readonly Address[]
  readonly slots: readonly SlotRange[]
  /** `'suspect'`: its primary cannot be used; `'failing-over'` and `'none'` as in {@link StatusReport.state}. */
  readonly state: 'steady' | 'suspect' | 'failing-over' | 'none'
}

/** The map that the nodes have; of several the one that covers most slots, for a node that is cut off knows of fewer. Pure. */
export function viewOfCluster({ nodes }: Facts): ClusterView | undefined {
  const views = nodes.flatMap(({ told }) => (told?.cluster === undefined ? [] : [told.cluster.view]))
  return views.toSorted((one, other) => coverage(other) - coverage(one))[0]
}

/** The shards that have slots, by the lowest of them. Pure. */
export function shardsOf(facts: Facts): readonly ShardStatus[] {
  const view = (viewOfCluster(facts) ?? []).filter(({ slots }) => slots.length > 0)
  const states = new Map(facts.nodes.map((node) => [node.address, node]))
  return view
    .map((shard) => {
      const primary = primaryOf(shard)
      const address = primary && addressOf(primary.target)
      const others = shard.nodes.filter((node) => node !== primary).map(({ target }) => addressOf(target))
      const state = stateOf(address === undefined ? undefined : states.get(address))
      return { primary: address, replicas: others.sort(), slots: shard.slots, state }
    })
    .sort((one, other) => (one.slots[0]?.[0] ?? 0) - (other.slots[0]?.[0] ?? 0))
}

function stateOf(primary: NodeFacts | undefined): ShardStatus['state'] {
  return primary === undefined ? 'none' : primary.state === 'up' ? 'steady' : 'suspect'
}

/** `0–5460, 5462`. Pure. */
export function slotsText(slots: readonly SlotRange[]): string {
  return slots.map(([from, to]) => (from === to ? String(from) : `${from}–${to}`)).join(', ')
}
