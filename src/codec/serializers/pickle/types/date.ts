import { digits } from './digits.js'
import { within } from './within.js'

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
