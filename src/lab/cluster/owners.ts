import { slotsIn } from './slots.js'
import type { ClusterView } from './view.js'

/** The id of each slot's owner, by slot. Where nodes disagree the highest epoch wins, as it does among them. */
export function ownersOf(views: readonly ClusterView[]): readonly (string | undefined)[] {
  const owners: (string | undefined)[] = []
  const claims = views.flatMap(({ nodes }) => nodes).toSorted((one, other) => one.epoch - other.epoch)
  for (const { id, slots } of claims) for (const slot of slotsIn(slots)) owners[slot] = id
  return owners
}
