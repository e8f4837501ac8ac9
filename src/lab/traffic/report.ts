import type { Milliseconds } from '../../units.js'

/** What became of a stream of operations. Times are on the clock of performance.now(). */
export interface TrafficCounts {
  readonly issued: number
  readonly succeeded: number
  readonly failed: number
  /** Neither of the two: up to now, or up to the end of the wait. */
  readonly unsettled: number
  /** Failures by `code`, or by name where there is none. */
  readonly failures: ReadonlyMap<string, number>
  readonly startedAt: Milliseconds
  /** When the last was issued that will be; now, while it runs. */
  readonly endedAt: Milliseconds
  /** When each success came, in order. */
  readonly successTimes: readonly Milliseconds[]
}

/** The counts, and what they say about gaps: a gap is the time between two successes, or to the start or end. */
export interface TrafficReport extends TrafficCounts {
  readonly longestGap: Milliseconds
  /** The longest gap of those that were not over at `time`. */
  longestGapSince(time: Milliseconds): Milliseconds
  /** From `time` to the next success, or to the end when there was none. */
  gapAfter(time: Milliseconds): Milliseconds
  /** When the first success after `time` came; `undefined` when there was none. */
  firstSuccessAfter(time: Milliseconds): Milliseconds | undefined
}

export function trafficReport(counts: TrafficCounts): TrafficReport {
  const { startedAt, endedAt, successTimes } = counts
  const firstSuccessAfter = (time: Milliseconds): Milliseconds | undefined => successTimes.find((at) => at > time)
  const longestGapSince = (time: Milliseconds): Milliseconds => longest([startedAt, ...successTimes, endedAt], time)
  return {
    ...counts,
    longestGap: longestGapSince(startedAt),
    longestGapSince,
    firstSuccessAfter,
    gapAfter: (time) => (firstSuccessAfter(time) ?? Math.max(time, endedAt)) - time,
  }
}

function longest(times: readonly Milliseconds[], since: Milliseconds): Milliseconds {
  return times.reduce((gap, at, index) => (at > since ? Math.max(gap, at - (times[index - 1] ?? at)) : gap), 0)
}
