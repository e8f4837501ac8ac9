import { slotsIn } from './slots.js'
import type { ClusterView } from './view.js'

/** The id of each slot's owner, by slot. Where nodes disagree the highest epoch wins, as it does among them. */
export function ownersOf(views: readonly ClusterView[]): readonly (string | undefined)[] {
  const owners: (string | undefined)[] = []
  const claims = views.flatMap(({ nodes }) => nodes).toSorted((one, other) => one.epoch - other.epoch)
  for (const { id, slots } of claims) for (const slot of slotsIn(slots)) owners[slot] = id
  return owners
}

/** The ids of the nodes that own slots, by the lowest of them. */
export function primariesIn(views: readonly ClusterView[]): string[] {
  return [...new Set(ownersOf(views))].filter((id) => id !== undefined)
}

/** Whether the node says that it is a replica, of this primary if one is given. */
export function isReplica({ id, nodes }: ClusterView, primary?: string): boolean {
  const of = nodes.find((listed) => listed.id === id)?.of
  return of !== undefined && (primary === undefined || of === primary)
}
