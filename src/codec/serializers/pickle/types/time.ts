import { digits } from './digits.js'
import { within } from './within.js'
import { offsetText, PyTimezone, type PyTzinfo } from './zones.js'

/** What a clock shows; what is left out is 0. */
export interface PyTimeParts {
  readonly hour?: number
  readonly minute?: number
  readonly second?: number
  readonly microsecond?: number
  /** 1 for the second of two times that a clock shows when it is set back. @default 0 */
  readonly fold?: number
  /** The zone. @default none: a naive time */
  readonly tzinfo?: PyTzinfo | undefined
}

/** Python's datetime.time: a time of day to the microsecond, naive or in a zone. */
export class PyTime {
  readonly hour: number
  readonly minute: number
  readonly second: number
  readonly microsecond: number
  readonly fold: number
  readonly tzinfo: PyTzinfo | undefined

  /** @throws {RangeError} for what no clock shows */
  constructor({ hour = 0, minute = 0, second = 0, microsecond = 0, fold = 0, tzinfo }: PyTimeParts = {}) {
    this.hour = within(hour, 0, 23, 'hour')
    this.minute = within(minute, 0, 59, 'minute')
    this.second = within(second, 0, 59, 'second')
    this.microsecond = within(microsecond, 0, 999_999, 'microsecond')
    this.fold = within(fold, 0, 1, 'fold')
    this.tzinfo = tzinfo
  }

  /** `12:30:00.000001`, with the distance from UTC where the zone has the same one on all days. */
  toString(): string {
    return clockText(this) + (this.tzinfo instanceof PyTimezone ? offsetText(this.tzinfo.offset) : '')
  }

  /** As {@link toString}. */
  toJSON(): string {
    return this.toString()
  }
}

/** What the clock shows, as Python writes it: no fraction where there is none. */
export function clockText({ hour, minute, second, microsecond }: PyTime): string {
  const fraction = microsecond === 0 ? '' : `.${digits(microsecond, 6)}`
  return `${digits(hour)}:${digits(minute)}:${digits(second)}${fraction}`
}
