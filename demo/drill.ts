import type { Cache } from 'valkey-cache'
import type { LabGroup, LabServer, StallProbe, Traffic } from 'valkey-cache/lab'

/** What one fault did to the traffic, in ms. */
export interface DrillResult {
  readonly fault: 'killed' | 'frozen'
  readonly from: string
  readonly to: string
  /** From the fault to the next write that succeeded. */
  readonly writeGap: number
  /** From the moment the first sentinel named the new primary to that write. */
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

/** Takes the primary away and waits until writes go on and the group is whole again. */
export async function drill(fault: DrillResult['fault'], stage: Stage, wait: Wait): Promise<DrillResult> {
  const { group, cache, reads, writes, probe } = stage
  const primary = await group.primary()
  const epoch = cache.topology().epoch
  const at = performance.now()
  const changed = group.addressChanged(primary.address)
  await (fault === 'killed' ? primary.kill() : primary.pause())
  const { at: named } = await changed
  await wait(() => cache.topology().epoch > epoch && (writes.report().firstSuccessAfter(named) ?? 0) > 0)
  const back = writes.report().firstSuccessAfter(at + settling) ?? Infinity
  const result = {
    fault,
    from: primary.address,
    to: cache.topology().primary ?? 'nobody',
    writeGap: back - at,
    afterSentinel: back - named,
    longestReadGap: reads.report().longestGapSince(at),
    stall: probe.longestStallSince(at),
    switches: cache.topology().epoch - epoch,
  }
  await bringBack(fault, primary)
  await group.settled()
  return result
}

export type Wait = (condition: () => boolean) => Promise<void>

async function bringBack(fault: DrillResult['fault'], primary: LabServer): Promise<void> {
  await (fault === 'killed' ? primary.restart() : primary.resume())
}

/** Replies that were on their way when the fault came may still arrive for this long, in ms. */
const settling = 20
