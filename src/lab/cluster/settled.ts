import { slotCount, slotsIn } from './slots.js'
import type { ClusterView, ListedNode } from './view.js'

/** Why a cluster is still in motion; undefined when all live nodes agree, every slot is served and every link is up. */
export function whyUnsettled(views: readonly ClusterView[]): string | undefined {
  const [reference] = views
  if (!reference) return 'no node is alive'
  return (
    first(views, (view) => whyUnfit(view) ?? whyDifferent(view, reference) ?? whyUnseen(view, views)) ??
    whyUncovered(reference, views) ??
    whySameEpoch(reference)
  )
}

function whyUnfit({ address, ok, open, linked }: ClusterView): string | undefined {
  if (!ok) return `${address} says cluster_state:fail`
  if (open) return `${address} has a slot that is on its way`
  return linked ? undefined : `${address} has no link to its primary`
}

function whyDifferent(view: ClusterView, reference: ClusterView): string | undefined {
  if (ownersIn(view) === ownersIn(reference)) return undefined
  return `${view.address} and ${reference.address} see different owners of slots`
}

/** Live nodes must be seen as they see themselves, and all others as failed. */
function whyUnseen(view: ClusterView, views: readonly ClusterView[]): string | undefined {
  const unseen = views.find((other) => !isSeen(other, view))
  if (unseen) return `${view.address} does not see ${unseen.address} in good health, in its role`
  const alive = new Set(views.map(({ id }) => id))
  const lost = view.nodes.find(({ id, flags }) => !alive.has(id) && !flags.includes('fail'))
  return lost && `${view.address} does not see yet that node ${lost.id} has failed`
}

function isSeen(other: ClusterView, { nodes }: ClusterView): boolean {
  const listed = nodes.find(({ id }) => id === other.id)
  const itself = other.nodes.find(({ id }) => id === other.id)
  if (!listed?.connected || !listed.online || listed.of !== itself?.of) return false
  return !listed.flags.some((flag) => ['fail', 'fail?', 'handshake', 'noaddr'].includes(flag))
}

function whyUncovered({ nodes }: ClusterView, views: readonly ClusterView[]): string | undefined {
  const alive = new Set(views.map(({ id }) => id))
  const served = nodes.filter(({ id }) => alive.has(id)).flatMap(({ slots }) => slotsIn(slots)).length
  return served === slotCount ? undefined : `${slotCount - served} slots belong to no live node`
}

/** Epochs decide who owns a slot that two primaries claim, so the servers give one of two equals another epoch. */
function whySameEpoch({ nodes }: ClusterView): string | undefined {
  const epochs = nodes.filter(({ slots }) => slots.length > 0).map(({ epoch }) => epoch)
  return new Set(epochs).size === epochs.length ? undefined : `primaries share an epoch: ${epochs.join(', ')}`
}

function ownersIn({ nodes }: ClusterView): string {
  return nodes
    .filter(({ slots }) => slots.length > 0)
    .map(ownership)
    .toSorted()
    .join(' ')
}

function ownership({ id, slots }: ListedNode): string {
  return `${id}:${slots.join(';')}`
}

function first<T>(items: readonly T[], reason: (item: T) => string | undefined): string | undefined {
  for (const item of items) {
    const found = reason(item)
    if (found) return found
  }
  return undefined
}
