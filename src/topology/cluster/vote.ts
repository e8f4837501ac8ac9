import { coverage, signature, type ClusterView } from './view.js'

/**
 * Puts several answers together: the view that most agree on; of those with as many the one that covers more slots, then
 * the one that was asked for last. Which replicas are online is what the last of them says. Pure.
 * @param views in the order in which they were asked for
 */
export function vote(views: readonly ClusterView[]): ClusterView | undefined {
  const ballots = new Map<string, { votes: number; last: number; view: ClusterView }>()
  for (const [last, view] of views.entries()) {
    const key = signature(view)
    ballots.set(key, { votes: (ballots.get(key)?.votes ?? 0) + 1, last, view })
  }
  const [first] = [...ballots.values()].sort(
    (one, other) => other.votes - one.votes || coverage(other.view) - coverage(one.view) || other.last - one.last,
  )
  return first?.view
}
