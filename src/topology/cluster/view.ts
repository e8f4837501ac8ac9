import { addressOf, type Address, type NodeTarget, type Role } from '../../connection/connection.js'
import { countSlots, hasSlot, slotCount } from './slots.js'
import type { SlotRange } from './source.js'

/** A node as a map of the cluster shows it. */
export interface ViewedNode {
  /** The cluster's own name for it, which stays when its address changes; `undefined` where only its address is known. */
  readonly id: string | undefined
  readonly target: NodeTarget
  readonly role: Role
  /** Whether it takes part: it has not failed, and is not loading. */
  readonly online: boolean
}

export interface ViewedShard {
  readonly nodes: readonly ViewedNode[]
  /** In ascending order; adjacent ranges are one. */
  readonly slots: readonly SlotRange[]
}

/** The cluster as one node sees it, or as we put it together. */
export type ClusterView = readonly ViewedShard[]

/** A failed primary stays in its shard beside its successor until it is back, so one that is online goes first. */
export function primaryOf({ nodes }: ViewedShard): ViewedNode | undefined {
  const primaries = nodes.filter(({ role }) => role === 'primary')
  return primaries.find(({ online }) => online) ?? primaries[0]
}

/** The replicas that are online, by address. */
export function replicasOf({ nodes }: ViewedShard): readonly ViewedNode[] {
  const replicas = nodes.filter(({ role, online }) => role === 'replica' && online)
  return replicas.toSorted((one, other) => (addressOf(one.target) < addressOf(other.target) ? -1 : 1))
}

export function shardOfSlot<Shard extends ViewedShard>(view: readonly Shard[], slot: number): Shard | undefined {
  return view.find(({ slots }) => hasSlot(slots, slot))
}

/** A node that was replaced at its address may be known by its old name too, as failed: the one that is online counts. */
export function shardOfNode<Shard extends ViewedShard>(view: readonly Shard[], address: Address): Shard | undefined {
  const shards = view.filter(({ nodes }) => nodes.some((node) => is(node, address)))
  return shards.find(({ nodes }) => nodes.some((node) => node.online && is(node, address))) ?? shards[0]
}

export function is(node: ViewedNode | undefined, address: Address): boolean {
  return node !== undefined && addressOf(node.target) === address
}

/** How many slots are served. */
export function coverage(view: readonly Pick<ViewedShard, 'slots'>[]): number {
  return view.reduce((sum, { slots }) => sum + countSlots(slots), 0)
}

/**
 * Whether a shard has several primaries that are online: for about a second after a planned failover nodes have not heard
 * that the one before follows the new one.
 */
export function hasRivals(shard: ViewedShard): boolean {
  return shard.nodes.filter(({ role, online }) => role === 'primary' && online).length > 1
}

/** The view with one primary in each shard, the one that serves its slots by `owners`; its rivals are replicas. Pure. */
export function withoutRivals(view: ClusterView, owners: ClusterView): ClusterView {
  return view.map((shard) => {
    const [first] = shard.slots
    const owner = first && shardOfSlot(owners, first[0])
    const primary = owner && primaryOf(owner)
    if (primary === undefined || !hasRivals(shard)) return shard
    const address = addressOf(primary.target)
    const roleOf = (node: ViewedNode): Role => (is(node, address) ? 'primary' : 'replica')
    return { ...shard, nodes: shard.nodes.map((node) => ({ ...node, role: roleOf(node) })) }
  })
}

/** Whether nodes that are online serve all slots, and no node has failed or is loading. */
export function isWhole(view: ClusterView): boolean {
  return coverage(view) === slotCount && view.every(({ nodes }) => nodes.every(({ online }) => online))
}

/** Equal for views in which the same primaries serve the same slots. */
export function signature(view: ClusterView): string {
  const lines = view.map((shard) => {
    const primary = primaryOf(shard)
    return `${shard.slots.join(' ')} ${primary && addressOf(primary.target)} ${primary?.online}`
  })
  return lines.sort().join('\n')
}
