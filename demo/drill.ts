import type { Cache } from 'valkey-cache'
import type { LabGroup, LabServer, StallProbe, Traffic } from 'valkey-cache/lab'

/** An operator orders a failover, the primary dies, or it freezes. */
export type Fault = 'planned' | 'killed' | 'frozen'

/** What one fault did to the traffic, in ms. */
export interface DrillResult {
  readonly fault: Fault
  readonly to: string
  /** The longest time without a write that succeeded. */
  readonly writeGap: number
  /** From the moment the first sentinel named the new primary to the next write; below 0 when the write came first. */
  readonly afterSentinel: number
  readonly longestReadGap: number
  /** How long this process itself stood still meanwhile; taken off the gaps before they are judged. */
  readonly stall: number
  /** How many failovers Sentinel made of it: it sometimes makes two. */
  readonly switches: number
}

export interface Stage {
  readonly group: LabGroup
  readonly cache: Cache
  readonly reads: Traffic
  readonly writes: Traffic
  readonly probe: StallProbe
}

/** Takes the primary away and waits until writes go on. */
export async function drill(fault: Fault, stage: Stage, wait: Wait): Promise<DrillResult> {
  const { group, cache, reads, writes, probe } = stage
  const primary = await group.primary()
  const epoch = cache.topology().epoch
  const at = performance.now()
  const changed = group.addressChanged(primary.address)
  await strike[fault](primary, group)
  const { at: named } = await changed
  await wait(() => cache.topology().epoch > epoch && (writes.report().firstSuccessAfter(named) ?? 0) > 0)
  const pause = longestPause(writes.report().successTimes, at)
  return {
    fault,
    to: cache.topology().primary ?? 'nobody',
    writeGap: pause.length,
    afterSentinel: pause.end - named,
    longestReadGap: reads.report().longestGapSince(at),
    stall: probe.longestStallSince(at),
    switches: cache.topology().epoch - epoch,
  }
}

/** Brings back what was taken away and waits until the group is whole again. */
export async function recover(group: LabGroup, fault: 'killed' | 'frozen'): Promise<void> {
  const gone = group.nodes.filter(({ state }) => state !== 'running')
  await Promise.all(gone.map(async (node) => (fault === 'killed' ? node.restart() : node.resume())))
  await group.settled()
}

export type Wait = (condition: () => boolean) => Promise<void>

const strike: Readonly<Record<Fault, (primary: LabServer, group: LabGroup) => unknown>> = {
  planned: (_, group) => group.failover(),
  killed: (primary) => primary.kill(),
  frozen: (primary) => primary.pause(),
}

function longestPause(times: readonly number[], since: number): { readonly length: number; readonly end: number } {
  const pauses = times.map((end, index) => ({ length: end > since ? end - (times[index - 1] ?? end) : 0, end }))
  return pauses.reduce((longest, pause) => (pause.length > longest.length ? pause : longest))
}
