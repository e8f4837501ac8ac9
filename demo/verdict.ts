import type { DrillResult } from './drill.js'

/** The sentinels call a primary down after this long, in ms. */
export const downAfter = 1_000

const bounds = {
  afterSentinel: 250,
  readGap: 150,
  writeGap: { planned: 1_000, killed: downAfter + 1_500, frozen: downAfter + 2_800 },
}

/** What was counted over the whole run. */
export interface Counts {
  readonly unsettled: number
  readonly wrong: number
  /** Acknowledged writes that were not there any more after the failover that was ordered. */
  readonly lostAsPlanned: number
}

/** The promises that a run broke, one sentence each. Pure. */
export function brokenPromises(
  results: readonly DrillResult[],
  { unsettled, wrong, lostAsPlanned }: Counts,
): readonly string[] {
  const broken = results.flatMap(brokenBy)
  if (lostAsPlanned > 0) broken.push(`the ordered failover lost ${lostAsPlanned} acknowledged writes`)
  if (unsettled > 0) broken.push(`${unsettled} calls never settled`)
  if (wrong > 0) broken.push(`${wrong} reads gave a wrong value`)
  return broken
}

/** When Sentinel fails over twice in a row the whole wait is its own doing; what follows its word is still ours. */
function brokenBy({ fault, writeGap, afterSentinel, longestReadGap, stall, switches }: DrillResult): string[] {
  const late = (gap: number, most: number): boolean => gap - stall > most
  const broken = []
  if (late(afterSentinel, bounds.afterSentinel))
    broken.push(`${fault}: writes took more than ${bounds.afterSentinel} ms after Sentinel's word`)
  if (switches === 1 && late(writeGap, bounds.writeGap[fault]))
    broken.push(`${fault}: writes paused for more than ${bounds.writeGap[fault]} ms`)
  if (late(longestReadGap, bounds.readGap)) broken.push(`${fault}: reads paused for more than ${bounds.readGap} ms`)
  if (switches === 0) broken.push(`${fault}: no switch was seen`)
  return broken
}
