import { addressOf, type Address } from '../../connection/connection.js'
import type { SlotRange } from '../../topology/cluster/source.js'
import { coverage, primaryOf, signature, type ClusterView } from '../../topology/cluster/view.js'
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

/**
 * The map that most nodes have, of those for which the cluster is up, if there are any: a node that is cut off keeps the
 * map that it had. Of several that as many have, the one that covers most slots. Pure.
 */
function viewOfCluster({ nodes }: Facts): ClusterView | undefined {
  const up = nodes.filter((node) => !isClusterDown(node))
  const maps = mapsOf(up).length > 0 ? mapsOf(up) : mapsOf(nodes)
  const votes = (map: string): number => maps.filter((other) => other.map === map).length
  return maps.toSorted(
    (one, other) => votes(other.map) - votes(one.map) || coverage(other.view) - coverage(one.view),
  )[0]?.view
}

function mapsOf(nodes: readonly NodeFacts[]): readonly { readonly view: ClusterView; readonly map: string }[] {
  return nodes.flatMap(({ told }) => {
    const view = told?.cluster?.view
    return view === undefined ? [] : [{ view, map: signature(view) }]
  })
}

/** Whether all nodes that answer have the same map of their cluster. Pure. */
export function mapsAgree({ nodes }: Facts): boolean {
  return new Set(mapsOf(nodes).map(({ map }) => map)).size <= 1
}

/** Whether the node refuses commands since its cluster is down for it. Pure. */
export function isClusterDown({ told }: NodeFacts): boolean {
  return told?.cluster?.info?.get('cluster_state') === 'fail'
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
  if (primary === undefined) return 'none'
  const isUsable = primary.state === 'up' && primary.told?.role?.role !== 'replica' && !isClusterDown(primary)
  return isUsable ? 'steady' : 'suspect'
}

/** `0–5460, 5462`. Pure. */
export function slotsText(slots: readonly SlotRange[]): string {
  return slots.map(([from, to]) => (from === to ? String(from) : `${from}–${to}`)).join(', ')
}
