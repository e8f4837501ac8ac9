/** The time in ms since the machine started: all processes of one machine read the same clock, which is never set. */
export function sharedNow(): number {
  return Number(process.hrtime.bigint()) / 1_000_000
}
