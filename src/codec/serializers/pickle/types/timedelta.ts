import { within } from './within.js'

/** A length of time; what is left out is 0. */
export interface PyTimedeltaParts {
  readonly days?: number
  readonly seconds?: number
  readonly microseconds?: number
}

/** Python's datetime.timedelta: a length of time to the microsecond. Only the days are negative in a negative one. */
export class PyTimedelta {
  readonly days: number
  /** 0 to 86 399 */
  readonly seconds: number
  /** 0 to 999 999 */
  readonly microseconds: number

  /**
   * Whole numbers of any size and sign: they are carried over as Python does it.
   * @throws {RangeError} for other numbers, and past Python's 999 999 999 days
   */
  constructor({ days = 0, seconds = 0, microseconds = 0 }: PyTimedeltaParts = {}) {
    const allSeconds = safe(seconds) + Math.floor(safe(microseconds) / 1e6)
    this.microseconds = remainder(microseconds, 1e6)
    this.seconds = remainder(allSeconds, 86_400)
    this.days = within(safe(days) + Math.floor(allSeconds / 86_400), -999_999_999, 999_999_999, 'PyTimedelta.days')
  }

  /** Units: milliseconds; what is less than a microsecond is rounded. */
  static fromMilliseconds(ms: number): PyTimedelta {
    const seconds = Math.floor(ms / 1e3)
    return new PyTimedelta({ seconds, microseconds: Math.round((ms - seconds * 1e3) * 1e3) })
  }

  /** Units: milliseconds, with a fraction where there are microseconds; exact up to 285 years. */
  toMilliseconds(): number {
    return ((this.days * 86_400 + this.seconds) * 1e6 + this.microseconds) / 1e3
  }
}

function safe(value: number): number {
  return within(value, Number.MIN_SAFE_INTEGER, Number.MAX_SAFE_INTEGER, 'PyTimedelta')
}

/** Never negative, unlike `%`. */
function remainder(value: number, by: number): number {
  return value - Math.floor(value / by) * by
}
