import type { Address } from '../../connection/connection.js'
import type { GroupView } from './view.js'
import type { NodeView } from './node-view.js'
import type { Listed, SentinelView } from './sentinel-view.js'

/** Why a group is still in motion; undefined when everybody agrees and every link is up. */
export function whyUnsettled({ nodes, sentinels }: GroupView): string | undefined {
  const primaries = nodes.filter(({ role }) => role === 'primary')
  const [primary] = primaries
  if (!primary || primaries.length > 1) return `${primaries.length} nodes say that they are the primary`
  const replicas = nodes.filter((node) => node !== primary)
  return (
    first(replicas, (replica) => whyDetached(replica, primary)) ??
    first(sentinels, (view) => {
      const others = sentinels.map(({ address }) => address).filter((address) => address !== view.address)
      return whyDifferent(view, primary, replicas, others)
    }) ??
    whyDivided(sentinels)
  )
}

/** Why a sentinel does not know yet that a replica's link is up. It asks every 10 s, so this comes late. */
export function whyLinkUnseen({ nodes, sentinels }: GroupView): string | undefined {
  const alive = new Set(nodes.map(({ address }) => address))
  return first(sentinels, ({ address, replicas }) => {
    const unseen = replicas.find((replica) => alive.has(replica.address) && !replica.linked)
    return unseen && `sentinel ${address} has not seen the link of ${unseen.address} up`
  })
}

function whyDetached({ address, of, linked }: NodeView, primary: NodeView): string | undefined {
  if (of !== primary.address) return `${address} follows ${of}, not ${primary.address}`
  return linked ? undefined : `${address} has no link to its primary`
}

function whyDifferent(
  view: SentinelView,
  primary: NodeView,
  replicas: readonly NodeView[],
  others: readonly Address[],
): string | undefined {
  const self = `sentinel ${view.address}`
  if (view.primary !== primary.address) return `${self} names ${view.primary} as primary, not ${primary.address}`
  if (view.watched.address !== primary.address || !view.watched.healthy) return `${self} sees a failover under way`
  const known = replicas.map(({ address }) => address)
  const lost = missing(known, view.replicas) ?? missing(others, view.otherSentinels)
  if (lost) return `${self} does not see ${lost} in good health`
  return view.quorum ? undefined : `${self} sees too few sentinels for a failover`
}

function whyDivided(sentinels: readonly SentinelView[]): string | undefined {
  const epochs = [...new Set(sentinels.map(({ epoch }) => epoch))]
  return epochs.length > 1 ? `the sentinels are at epochs ${epochs.join(', ')}` : undefined
}

function missing(wanted: readonly Address[], seen: readonly Listed[]): Address | undefined {
  return wanted.find((address) => !seen.some((listed) => listed.address === address && listed.healthy))
}

function first<T>(items: readonly T[], reason: (item: T) => string | undefined): string | undefined {
  for (const item of items) {
    const found = reason(item)
    if (found) return found
  }
  return undefined
}
