import type { Cache } from '../../src/index.js'
import { startStallProbe, startTraffic, type StallProbe, type TrafficReport } from '../../src/lab/index.js'
import { Latencies } from './latencies.js'

/**
 * Reads of a server that nothing happens to, beside those that a test judges: what they take, and pause, is the
 * machine's doing.
 */
export function startControl(untouched: Cache, probe: StallProbe = startStallProbe()): Control {
  const times = new Latencies(probe)
  const reads = startTraffic({ rate: 250, operation: () => times.time(() => untouched.get('k')) })
  return { times, pauseSince: (time) => reads.report().longestGapSince(time), stop: () => reads.stop() }
}

export interface Control {
  readonly times: Latencies
  /** The longest time without a read since then, in ms. */
  pauseSince(time: number): number
  stop(): Promise<TrafficReport>
}
