import type { TagMark } from '../../clients/commands/tags.js'
import type { Freshness } from '../../codec/frame.js'
import type { Milliseconds } from '../../units.js'

/**
 * How long a tagged value is fresh: as its frame says; where one of its tags was softly invalidated, until then at most;
 * where one was invalidated it is {@link over}, so that the value counts as absent.
 * @param now on the clock of the value's server: the number of an invalidation is its time in ms on the clock of another
 * server, or a few ms more, and may not have come here yet
 */
export function freshnessUnder(
  marks: readonly (TagMark | undefined)[],
  stamp: number,
  freshness: Freshness,
  now: Milliseconds,
): Freshness {
  let staleSince: Milliseconds = Infinity
  for (const mark of marks) {
    if (mark === undefined) continue
    if (mark.invalid > stamp) return over
    if (mark.stale > stamp) staleSince = Math.min(staleSince, mark.stale, Math.floor(now))
  }
  return staleSince === Infinity ? freshness : staleAt(freshness, staleSince)
}

/** How long a value is fresh that is stale from a moment on at the latest. */
export function staleAt(freshness: Freshness = lasting, moment: Milliseconds): Freshness {
  const { until, ttl } = freshness
  return until === 0 || moment < until ? { until: moment, ttl } : freshness
}

/** Of a value that is fresh as long as it is there. */
export const lasting: Freshness = Object.freeze({ until: 0, ttl: 0 })

/** Of a value that is not even stale. */
export const over: Freshness = Object.freeze({ until: -Infinity, ttl: 0 })

/** What is known of a tag at `now` on the clock of its server: of a soft invalidation, that its time is over. */
export function markAt(mark: TagMark, now: Milliseconds): TagMark {
  const { invalid, stale, goneAt } = mark
  return goneAt > 0 && now >= goneAt ? { invalid: Math.max(invalid, stale), stale: 0, goneAt: 0 } : mark
}
