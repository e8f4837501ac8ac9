import { PyDate } from './date.js'
import { clockText, PyTime } from './time.js'
import { offsetText, PyTimezone, type PyTzinfo } from './zones.js'
import type { PyTimedelta } from './timedelta.js'

/** Python's datetime.datetime, to the microsecond: aware, a point in time, when `time.tzinfo` is there; else naive. */
export class PyDateTime {
  readonly date: PyDate
  readonly time: PyTime

  constructor(date: PyDate, time: PyTime) {
    this.date = date
    this.time = time
  }

  /**
   * The point in time, as the clocks of a zone show it.
   * @throws {RangeError} for an invalid Date, and outside of the years 1 to 9999
   */
  static fromDate(date: Date, tzinfo: PyTzinfo = PyTimezone.utc): PyDateTime {
    const shown = showing(date, tzinfo, 0)
    return shown.toDate().getTime() === date.getTime() ? shown : showing(date, tzinfo, 1)
  }

  /**
   * The point in time, cut to milliseconds.
   * @param tzinfo where its clock stands; a naive one has to be told
   * @throws {TypeError} for a naive one that is told no zone
   * @throws {RangeError} for a zone that Node does not know
   */
  toDate(tzinfo: PyTzinfo | undefined = this.time.tzinfo): Date {
    if (tzinfo === undefined)
      throw new TypeError('a naive datetime is no point in time: say where, for example toDate(PyTimezone.utc)')
    const { seconds, microseconds } = distance(this.#offset(tzinfo))
    const fraction = Math.floor((this.time.microsecond - microseconds) / 1e3)
    return new Date(this.#wallClock() - seconds * 1e3 + fraction)
  }

  /** As Python's isoformat: `2024-01-31T12:30:00.000001+00:00`. */
  toString(): string {
    const { tzinfo } = this.time
    return `${this.date}T${clockText(this.time)}${tzinfo === undefined ? '' : offsetText(this.#offset(tzinfo))}`
  }

  /** As {@link toString}. */
  toJSON(): string {
    return this.toString()
  }

  /** Source: PEP 495. Where clocks are set back or forward, the fold says which of the two distances is meant. */
  #offset(tzinfo: PyTzinfo): PyTimedelta {
    const wallClock = this.#wallClock()
    const around = [tzinfo.offsetAt(wallClock - day), tzinfo.offsetAt(wallClock + day)] as const
    const [meant, other] = this.time.fold === 0 ? around : ([around[1], around[0]] as const)
    const holds = (offset: PyTimedelta): boolean => {
      const then = tzinfo.offsetAt(wallClock - offset.toMilliseconds())
      return then.toMilliseconds() === offset.toMilliseconds()
    }
    return !holds(meant) && holds(other) ? other : meant
  }

  /** Units: epoch ms at which a clock in UTC shows the same, whole seconds. */
  #wallClock(): number {
    const shown = new Date(0)
    shown.setUTCFullYear(this.date.year, this.date.month - 1, this.date.day)
    return shown.setUTCHours(this.time.hour, this.time.minute, this.time.second)
  }
}

/** What a clock of the zone shows. */
function showing(date: Date, tzinfo: PyTzinfo, fold: number): PyDateTime {
  const { seconds, microseconds } = distance(tzinfo.offsetAt(date.getTime()))
  const shown = new Date(date.getTime() + seconds * 1e3 + Math.floor(microseconds / 1e3))
  const time = {
    hour: shown.getUTCHours(),
    minute: shown.getUTCMinutes(),
    second: shown.getUTCSeconds(),
    microsecond: shown.getUTCMilliseconds() * 1e3 + (microseconds % 1e3),
  }
  const day = new PyDate(shown.getUTCFullYear(), shown.getUTCMonth() + 1, shown.getUTCDate())
  return new PyDateTime(day, new PyTime({ ...time, fold, tzinfo }))
}

function distance({ days, seconds, microseconds }: PyTimedelta): { seconds: number; microseconds: number } {
  return { seconds: days * 86_400 + seconds, microseconds }
}

const day = 86_400_000
