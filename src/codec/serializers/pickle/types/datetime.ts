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

/** What a datetime or a time is relative to. */
export type PyTzinfo = PyTimezone | PyZoneInfo

/** Python's datetime.timezone: a fixed distance from UTC. */
export class PyTimezone {
  /** Python's `timezone.utc`. */
  static readonly utc: PyTimezone = new PyTimezone(new PyTimedelta())

  /** East of UTC is positive. */
  readonly offset: PyTimedelta
  /** The name it was given, if it was. */
  readonly name: string | undefined

  /** @throws {RangeError} for a day or more */
  constructor(offset: PyTimedelta, name?: string) {
    if (!(Math.abs(offset.toMilliseconds()) < 86_400_000)) throw new RangeError('PyTimezone: expected less than a day')
    this.offset = offset
    this.name = name
  }

  /** The same at all times. */
  offsetAt(_epochMs: number): PyTimedelta {
    return this.offset
  }
}

/** Python's zoneinfo.ZoneInfo: a zone by its name. Read and written by Node without a look at what it means. */
export class PyZoneInfo {
  /** As in the IANA time zone database, for example `Europe/Berlin`. */
  readonly key: string
  #format: Intl.DateTimeFormat | undefined

  constructor(key: string) {
    if (key === '') throw new RangeError('PyZoneInfo: expected the name of a zone')
    this.key = key
  }

  /**
   * The distance from UTC at a point in time, by the time zone data of Node.
   * @throws {RangeError} for a name that Node does not know
   */
  offsetAt(epochMs: number): PyTimedelta {
    this.#format ??= new Intl.DateTimeFormat('en', { timeZone: this.key, timeZoneName: 'longOffset' })
    const name = this.#format.formatToParts(epochMs).find(({ type }) => type === 'timeZoneName')?.value ?? ''
    const [, sign, hours = 0, minutes = 0, seconds = 0] = /([+-])(\d\d):(\d\d)(?::(\d\d))?/.exec(name) ?? []
    const distance = Number(hours) * 3600 + Number(minutes) * 60 + Number(seconds)
    return new PyTimedelta({ seconds: sign === '-' ? -distance : distance })
  }
}

/** As Python's isoformat ends: `+01:00`, with seconds and microseconds where there are any. */
function offsetText(offset: PyTimedelta): string {
  const negative = offset.days < 0
  const { seconds, microseconds } = negative ? negated(offset) : offset
  const clock = [Math.floor(seconds / 3600), Math.floor(seconds / 60) % 60, seconds % 60].map((part) => digits(part))
  const fraction = microseconds === 0 ? '' : `.${digits(microseconds, 6)}`
  const short = seconds % 60 === 0 && fraction === ''
  return `${negative ? '-' : '+'}${clock.slice(0, short ? 2 : 3).join(':')}${fraction}`
}

function negated({ days, seconds, microseconds }: PyTimedelta): PyTimedelta {
  return new PyTimedelta({ days: -days, seconds: -seconds, microseconds: -microseconds })
}

/** Python's datetime.date: a day of the calendar, in no zone. */
export class PyDate {
  readonly year: number
  readonly month: number
  readonly day: number

  /** @throws {RangeError} for a day that Python's calendar does not have (years 1 to 9999) */
  constructor(year: number, month: number, day: number) {
    this.year = within(year, 1, 9999, 'year')
    this.month = within(month, 1, 12, 'month')
    this.day = within(day, 1, daysIn(year, month), 'day')
  }

  /** `2024-01-31` */
  toString(): string {
    return `${digits(this.year, 4)}-${digits(this.month)}-${digits(this.day)}`
  }

  /** As {@link toString}. */
  toJSON(): string {
    return this.toString()
  }
}

function daysIn(year: number, month: number): number {
  const leap = year % 4 === 0 && (year % 100 !== 0 || year % 400 === 0)
  return month === 2 ? (leap ? 29 : 28) : [4, 6, 9, 11].includes(month) ? 30 : 31
}

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
function clockText({ hour, minute, second, microsecond }: PyTime): string {
  const fraction = microsecond === 0 ? '' : `.${digits(microsecond, 6)}`
  return `${digits(hour)}:${digits(minute)}:${digits(second)}${fraction}`
}

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

/** @throws {RangeError} unless it is a whole number from `least` to `most` */
function within(value: number, least: number, most: number, name: string): number {
  if (Number.isInteger(value) && value >= least && value <= most) return value
  throw new RangeError(`${name}: expected a whole number from ${least} to ${most}, got ${value}`)
}

function digits(value: number, length = 2): string {
  return String(value).padStart(length, '0')
}
