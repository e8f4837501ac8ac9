import { describe, expect, test } from 'vitest'
import {
  PyBytearray,
  PyDate,
  PyDateTime,
  PyDecimal,
  PySafeString,
  PyTime,
  PyTimedelta,
  PyTimezone,
  PyTuple,
  PyUuid,
  PyZoneInfo,
} from '../../src/codec/serializers/pickle/index.js'

const berlin = new PyZoneInfo('Europe/Berlin')
const odd = new PyTimezone(new PyTimedelta({ seconds: -3723, microseconds: -4 }), 'odd')

describe('a datetime', () => {
  const date = new PyDate(2024, 1, 31)

  test.for<[expected: string, moment: PyDateTime]>([
    ['2024-01-31T12:30:00.000Z', new PyDateTime(date, new PyTime({ hour: 12, minute: 30, tzinfo: PyTimezone.utc }))],
    [
      '2024-01-31T11:30:00.123Z',
      new PyDateTime(date, new PyTime({ hour: 12, minute: 30, microsecond: 123_999, tzinfo: berlin })),
    ],
    ['2024-01-31T01:02:03.000Z', new PyDateTime(date, new PyTime({ tzinfo: odd }))],
    ['0001-01-01T00:00:00.000Z', new PyDateTime(new PyDate(1, 1, 1), new PyTime({ tzinfo: PyTimezone.utc }))],
    [
      '9999-12-31T23:59:59.999Z',
      new PyDateTime(
        new PyDate(9999, 12, 31),
        new PyTime({ hour: 23, minute: 59, second: 59, microsecond: 999_999, tzinfo: PyTimezone.utc }),
      ),
    ],
  ])('that is aware is the point in time %s', ([expected, moment]) => {
    expect(moment.toDate().toISOString()).toBe(expected)
  })

  test('that is naive is a point in time only where it is said', () => {
    const naive = new PyDateTime(date, new PyTime({ hour: 12 }))
    expect(() => naive.toDate()).toThrow(TypeError)
    expect(naive.toDate(PyTimezone.utc)).toStrictEqual(new Date('2024-01-31T12:00Z'))
    expect(naive.toDate(berlin)).toStrictEqual(new Date('2024-01-31T11:00Z'))
  })

  test.for<[date: [number, number, number], hour: number, fold: number, expected: string]>([
    [[2024, 10, 27], 2, 0, '2024-10-27T02:30:00+02:00'],
    [[2024, 10, 27], 2, 1, '2024-10-27T02:30:00+01:00'],
    [[2024, 3, 31], 2, 0, '2024-03-31T02:30:00+01:00'],
    [[2024, 3, 31], 2, 1, '2024-03-31T02:30:00+02:00'],
    [[2024, 3, 31], 1, 1, '2024-03-31T01:30:00+01:00'],
    [[2024, 3, 31], 3, 0, '2024-03-31T03:30:00+02:00'],
  ])(
    'where a clock is set back or forward is what Python takes it for: %s %s:30, fold %s',
    ([day, hour, fold, expected]) => {
      const moment = new PyDateTime(new PyDate(...day), new PyTime({ hour, minute: 30, fold, tzinfo: berlin }))
      expect(String(moment)).toBe(expected)
      expect(moment.toDate()).toStrictEqual(new Date(expected))
    },
  )

  test('is made of a Date, as a clock of any zone shows it', () => {
    const at = new Date('2024-10-27T01:30:00.250Z')
    expect(String(PyDateTime.fromDate(at))).toBe('2024-10-27T01:30:00.250000+00:00')
    expect(String(PyDateTime.fromDate(at, berlin))).toBe('2024-10-27T02:30:00.250000+01:00')
    expect(PyDateTime.fromDate(at, berlin).time.fold).toBe(1)
    expect(String(PyDateTime.fromDate(at, odd))).toBe('2024-10-27T00:27:57.249996-01:02:03.000004')
    expect(PyDateTime.fromDate(at, odd).toDate()).toStrictEqual(at)
  })

  test('has no like for an invalid Date, and past the year 9999', () => {
    expect(() => PyDateTime.fromDate(new Date(NaN))).toThrow(RangeError)
    expect(() => PyDateTime.fromDate(new Date(8.64e15))).toThrow(RangeError)
  })

  test('in a zone that Node does not know is read, and is no point in time', () => {
    const moment = new PyDateTime(date, new PyTime({ tzinfo: new PyZoneInfo('Mars/Olympus') }))
    expect(() => moment.toDate()).toThrow(RangeError)
  })

  test("is Python's isoformat as text and in JSON", () => {
    const moment = new PyDateTime(date, new PyTime({ hour: 1, microsecond: 5, tzinfo: berlin }))
    expect(JSON.stringify([moment, moment.date, moment.time])).toBe(
      '["2024-01-31T01:00:00.000005+01:00","2024-01-31","01:00:00.000005"]',
    )
    expect(String(new PyDateTime(date, new PyTime()))).toBe('2024-01-31T00:00:00')
    expect(String(new PyTime({ hour: 6, tzinfo: odd }))).toBe('06:00:00-01:02:03.000004')
  })
})

describe('a date or time that is none is a RangeError', () => {
  test.for<[what: string, make: () => unknown]>([
    ['month 13', () => new PyDate(2024, 13, 1)],
    ['29 February 1900', () => new PyDate(1900, 2, 29)],
    ['31 April', () => new PyDate(2024, 4, 31)],
    ['year 0', () => new PyDate(0, 1, 1)],
    ['half a day', () => new PyDate(2024, 1, 1.5)],
    ['hour 24', () => new PyTime({ hour: 24 })],
    ['second 60', () => new PyTime({ second: 60 })],
    ['fold 2', () => new PyTime({ fold: 2 })],
    ['a timedelta of NaN', () => new PyTimedelta({ days: NaN })],
    ['a timedelta that is too long', () => new PyTimedelta({ days: 999_999_999, seconds: 86_400 })],
    ['a zone of a day', () => new PyTimezone(new PyTimedelta({ days: 1 }))],
    ['a zone of a day to the west', () => new PyTimezone(new PyTimedelta({ days: -1 }))],
    ['a zone without a name', () => new PyZoneInfo('')],
  ])('%s', ([, make]) => {
    expect(make).toThrow(RangeError)
  })

  test('and a leap day is a date', () => {
    expect([new PyDate(2024, 2, 29), new PyDate(2000, 2, 29)].join()).toBe('2024-02-29,2000-02-29')
  })
})

describe('a timedelta', () => {
  test("has Python's parts: only the days are negative", () => {
    expect(new PyTimedelta({ microseconds: -1 })).toMatchObject({
      days: -1,
      seconds: 86_399,
      microseconds: 999_999,
    })
    expect(new PyTimedelta({ seconds: 90_061, microseconds: 2_000_003 })).toMatchObject({
      days: 1,
      seconds: 3_663,
      microseconds: 3,
    })
  })

  test.for([0, 1, -1, 1.5, -0.001, 86_400_000, -86_400_000.25])('of %s ms is so many ms', (ms) => {
    expect(PyTimedelta.fromMilliseconds(ms).toMilliseconds()).toBe(ms)
  })
})

describe('a Decimal', () => {
  test.for(['0', '-0', '1.50', '.5', '5.', '1E+3', '1e-30', 'NaN', 'sNaN123', '-Infinity', 'inf', '9'.repeat(50)])(
    'keeps each digit: %s',
    (text) => {
      expect(String(new PyDecimal(text))).toBe(text)
      expect(JSON.stringify(new PyDecimal(text))).toBe(`"${text}"`)
    },
  )

  test.for(['', ' 1', '1 ', '1,5', '0x10', '1e', '--1', '1_000', '١', 'NaN1.5'])('is none: %j', (text) => {
    expect(() => new PyDecimal(text)).toThrow(RangeError)
  })

  test('is as near as it gets as a number', () => {
    expect(Number(new PyDecimal('1.50'))).toBe(1.5)
  })
})

describe('a UUID', () => {
  const text = '12345678-90ab-cdef-1234-567890abcdef'

  test('is the same in any usual form', () => {
    for (const form of [text, text.toUpperCase(), text.replaceAll('-', '')]) expect(String(new PyUuid(form))).toBe(text)
    expect(JSON.stringify(new PyUuid(text))).toBe(`"${text}"`)
  })

  test.for(['', '1', `${text}0`, 'g'.repeat(32)])('is none: %j', (form) => {
    expect(() => new PyUuid(form)).toThrow(RangeError)
  })
})

test('safe text is its text in a template and in JSON', () => {
  const safe = new PySafeString('<b>')
  expect([`${safe}`, JSON.stringify(safe)]).toStrictEqual(['<b>', '"<b>"'])
})

test('a tuple is an array, and what is made of it an ordinary one', () => {
  const tuple = PyTuple.of(1, 'a')
  const [number, text] = tuple
  expect([number, text, tuple.length, Array.isArray(tuple)]).toStrictEqual([1, 'a', 2, true])
  expect(PyTuple.of(5)).toHaveLength(1)
  expect(tuple.map(String)).toStrictEqual(['1', 'a'])
  expect(tuple.slice(0, 1)).toStrictEqual([1])
  expect(JSON.stringify(tuple)).toBe('[1,"a"]')
})

test('a bytearray is bytes, and what is made of it ordinary ones', () => {
  const bytes = new PyBytearray([1, 2])
  expect([...bytes]).toStrictEqual([1, 2])
  expect(bytes.subarray(1)).toStrictEqual(new Uint8Array([2]))
})
