import { digits } from './digits.js'
import { PyTimedelta } from './timedelta.js'

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
export function offsetText(offset: PyTimedelta): string {
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
