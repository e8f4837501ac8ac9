import { addressOf } from '../../connection/connection.js'
import type { ClusterView, ViewedNode, ViewedShard } from './view.js'

/** A shard with the name by which we know it. */
export interface KnownShard extends ViewedShard {
  readonly key: string
}

/**
 * Finds out which shard of a new view is which of those before: the one that it shares most nodes with; whatever its
 * primary and its slots are. Pure but for the new names.
 */
export function identify(
  before: readonly KnownShard[],
  view: ClusterView,
  newKey: () => string,
): readonly KnownShard[] {
  const pairs = view.flatMap((shard) => before.map((known) => ({ shard, known, shared: sharedNodes(shard, known) })))
  const keys = new Map<ViewedShard, string>()
  const taken = new Set<string>()
  for (const { shard, known, shared } of pairs.sort((one, other) => other.shared - one.shared)) {
    if (shared === 0 || keys.has(shard) || taken.has(known.key)) continue
    keys.set(shard, known.key)
    taken.add(known.key)
  }
  return view.map((shard) => ({ ...shard, key: keys.get(shard) ?? newKey() }))
}

function sharedNodes({ nodes }: ViewedShard, known: ViewedShard): number {
  return nodes.filter((node) => known.nodes.some((other) => isSame(node, other))).length
}

/** By the cluster's own name where both have one, for an address may be given to another node. */
function isSame(one: ViewedNode, other: ViewedNode): boolean {
  if (one.id !== undefined && other.id !== undefined) return one.id === other.id
  return addressOf(one.target) === addressOf(other.target)
}
