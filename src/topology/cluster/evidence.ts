import { addressOf, type Address, type NodeTarget } from '../../connection/connection.js'
import type { Milliseconds } from '../../units.js'
import { withoutSlot, withSlot } from './slots.js'
import { is, primaryOf, shardOfNode, shardOfSlot, type ClusterView, type ViewedShard } from './view.js'

/**
 * What counts more than a map for a while. `primary`: this node is the primary of its shard · `slot`: the primary at this
 * address serves this slot.
 */
export type Evidence =
  | { readonly kind: 'primary'; readonly node: NodeTarget; readonly at: Milliseconds }
  | { readonly kind: 'slot'; readonly slot: number; readonly node: NodeTarget; readonly at: Milliseconds }

/** A MOVED: which node said that which other one serves a slot. */
export interface Move {
  readonly slot: number
  readonly to: NodeTarget
  readonly from: Address
}

/**
 * What a MOVED says that is not known yet; nothing when it is, or when it is older than what we know: a node that does not
 * serve the slot by now may repeat what was true before. Pure.
 */
export function evidenceOf(
  { slot, to, from }: Move,
  view: ClusterView,
  known: readonly Evidence[],
  now: Milliseconds,
): readonly Evidence[] {
  const [owner, holder] = [shardOfSlot(view, slot), shardOfNode(view, addressOf(to))]
  if (owner !== undefined && isDoubtful(from, slot, owner, known, now)) return []
  const promoted = holder !== undefined && !is(primaryOf(holder), addressOf(to))
  const moved = holder === undefined || holder !== owner
  return [
    ...(promoted ? [{ kind: 'primary', node: to, at: now } as const] : []),
    ...(moved ? [{ kind: 'slot', slot, node: to, at: now } as const] : []),
  ]
}

/** Adds evidence; what it contradicts is dropped. Pure. */
export function addEvidence(
  known: readonly Evidence[],
  added: readonly Evidence[],
  view: ClusterView,
): readonly Evidence[] {
  return [...known.filter((one) => !added.some((other) => replaces(other, one, view))), ...added]
}

/** The map as it is by this evidence. Pure. */
export function applyEvidence(view: ClusterView, evidence: readonly Evidence[]): ClusterView {
  return evidence.reduce<ClusterView>(
    (before, one) => (one.kind === 'primary' ? promote(before, one.node) : giveSlot(before, one.slot, one.node)),
    view,
  )
}

/**
 * What still counts beside a new map: what it does not say itself, for a while, and what is younger than the questions
 * that it came from. Pure.
 * @param asked when the first of its nodes was asked
 */
export function remaining(
  known: readonly Evidence[],
  view: ClusterView,
  asked: Milliseconds,
  now: Milliseconds,
): readonly Evidence[] {
  return known.filter((one) => !isSaidBy(view, one) && (one.at > asked || now - one.at < holds))
}

/** Whether this primary is known by its own word or a node's, and by no map yet. Pure. */
export function isProvisional({ nodes }: ViewedShard, evidence: readonly Evidence[]): boolean {
  return evidence.some((one) => one.kind === 'primary' && nodes.some((node) => is(node, addressOf(one.node))))
}

/** Whether the sender does not serve the slot any more, by evidence that is young enough for it not to know. */
function isDoubtful(
  from: Address,
  slot: number,
  owner: ViewedShard,
  known: readonly Evidence[],
  now: Milliseconds,
): boolean {
  if (is(primaryOf(owner), from)) return false
  const young = known.filter(({ at }) => now - at < holds)
  return isProvisional(owner, young) || young.some((one) => one.kind === 'slot' && one.slot === slot)
}

function replaces(added: Evidence, known: Evidence, view: ClusterView): boolean {
  if (added.kind === 'slot') return known.kind === 'slot' && known.slot === added.slot
  const shard = shardOfNode(view, addressOf(added.node))
  return known.kind === 'primary' && shard !== undefined && shard === shardOfNode(view, addressOf(known.node))
}

function isSaidBy(view: ClusterView, evidence: Evidence): boolean {
  const address = addressOf(evidence.node)
  const shard = evidence.kind === 'slot' ? shardOfSlot(view, evidence.slot) : shardOfNode(view, address)
  return shard !== undefined && is(primaryOf(shard), address)
}

/** Swaps the roles: the primary before is a replica from now on, and is read once it follows; not one that has failed. */
function promote(view: ClusterView, target: NodeTarget): ClusterView {
  const address = addressOf(target)
  const promoted = shardOfNode(view, address)
  return view.map((shard) => {
    if (shard !== promoted) return shard
    const nodes = shard.nodes.map((node) =>
      is(node, address)
        ? ({ ...node, role: 'primary', online: true } as const)
        : ({ ...node, role: 'replica' } as const),
    )
    return { ...shard, nodes }
  })
}

/** A node that no shard has is one of its own until a map says more. */
function giveSlot(view: ClusterView, slot: number, target: NodeTarget): ClusterView {
  const holder = shardOfNode(view, addressOf(target)) ?? alone(target)
  const owner = shardOfSlot(view, slot)
  const known = view.includes(holder) ? view : [...view, holder]
  return known.map((shard) => {
    if (shard === holder) return { ...shard, slots: withSlot(shard.slots, slot) }
    return shard === owner ? { ...shard, slots: withoutSlot(shard.slots, slot) } : shard
  })
}

function alone(target: NodeTarget): ViewedShard {
  return { nodes: [{ id: undefined, target, role: 'primary', online: true }], slots: [] }
}

/** After this time a map that says otherwise counts more, in ms: by then all nodes have heard of it. */
const holds: Milliseconds = 1_000
