import type { Milliseconds } from '../../units.js'
import type { ExitCode } from '../exit-code.js'
import type { Paint } from '../terminal/paint.js'
import { timeText } from '../terminal/units.js'
import type { Felt } from './traffic.js'

/** What came of a failover that was ordered. */
export interface DrillReport {
  readonly asked: string
  readonly from: string | undefined
  /** The new primary; `undefined` when none was seen. */
  readonly to: string | undefined
  /** From the order to the moment at which this cache went to the new primary, or at which it was waited for no longer, in ms. */
  readonly after: Milliseconds
  readonly felt: Felt
}

/** 1: there is no new primary, or something was lost, may be lost, has failed, or never settled. */
export function exitOf({ to, felt: { lost, errors, unsettled } }: DrillReport): ExitCode {
  return to === undefined || lost !== 0 || unsettled > 0 || Object.keys(errors).length > 0 ? 1 : 0
}

/** The report as lines of text. Pure. */
export function drillLines(report: DrillReport, paint: Paint): readonly string[] {
  const { asked, from = 'unknown', to, after, felt } = report
  const errors = Object.entries(felt.errors).map(([code, count]) => `${count} ${code}`)
  const judged = (bad: boolean, text: string): string => paint(bad ? 'red' : 'green', text)
  const rows: readonly (readonly [name: string, text: string])[] = [
    ['ordered', asked],
    [
      'primary',
      to === undefined
        ? paint('red', `${from}: no other was seen within ${timeText(after)} of the order`)
        : `${from} → ${to}, ${timeText(after)} after the order`,
    ],
    [
      'longest pause',
      `reads ${timeText(felt.longestReadGap)}, writes ${timeText(felt.longestWriteGap)} (this process itself: ${timeText(felt.stall)})`,
    ],
    [
      'failed',
      judged(errors.length > 0, errors.length === 0 ? `none of ${felt.reads + felt.writes} calls` : errors.join(', ')),
    ],
    ['lost', judged(felt.lost !== 0, `${felt.lost ?? 'unknown'} of ${felt.writes} acknowledged writes`)],
    ['never settled', judged(felt.unsettled > 0, String(felt.unsettled))],
  ]
  return rows.map(([name, text]) => `${paint('dim', name.padEnd(15))}${text}`)
}
