import { runInNewContext, runInThisContext } from 'node:vm'
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import {
  pickleSerializer,
  PyBytearray,
  PyDate,
  PyDateTime,
  PyDecimal,
  PyFrozenset,
  PyHerdMarker,
  PyOrderedDict,
  PyTime,
  PyTimedelta,
  PyTimezone,
  PyTuple,
  PyUuid,
  PyZoneInfo,
} from '../../src/codec/serializers/pickle/index.js'
import { CodecError } from '../../src/errors.js'

const write = (value: unknown): Buffer => pickleSerializer.serialize(value)
const roundTrip = (value: unknown): unknown => pickleSerializer.deserialize(write(value))

/** Bytes as Python's repr shows them. */
const python = (bytes: string): Buffer => Buffer.from(bytes, 'latin1')

describe('a value of JavaScript is written as', () => {
  test.for<[what: string, value: unknown, bytes: string]>([
    ['None', null, '\x80\x04N.'],
    ['an int, where a number is whole', 3, '\x80\x04K\x03.'],
    ['an int, where a bigint is small', 3n, '\x80\x04K\x03.'],
    ['a float, where a number is not whole', 1.5, '\x80\x04\x95\x0a\0\0\0\0\0\0\0G?\xf8\0\0\0\0\0\0.'],
    ['a float, where a number is past 2^53', 2 ** 53, '\x80\x04\x95\x0a\0\0\0\0\0\0\0GC@\0\0\0\0\0\0.'],
    ['a float, where a number is -0', -0, '\x80\x04\x95\x0a\0\0\0\0\0\0\0G\x80\0\0\0\0\0\0\0.'],
    ['a float, where a number is none', NaN, '\x80\x04\x95\x0a\0\0\0\0\0\0\0G\x7f\xf8\0\0\0\0\0\0.'],
    ['a list', [1], '\x80\x04\x95\x06\0\0\0\0\0\0\0]\x94K\x01a.'],
    ['bytes', new Uint8Array([97]), '\x80\x04\x95\x05\0\0\0\0\0\0\0C\x01a\x94.'],
    ['a dict', { a: 1 }, '\x80\x04\x95\x0a\0\0\0\0\0\0\0}\x94\x8c\x01a\x94K\x01s.'],
    [
      'a dict, without a prototype',
      Object.assign(Object.create(null), { a: 1 }),
      '\x80\x04\x95\x0a\0\0\0\0\0\0\0}\x94\x8c\x01a\x94K\x01s.',
    ],
    [
      'a dict, without the fields that are undefined',
      { a: 1, b: undefined },
      '\x80\x04\x95\x0a\0\0\0\0\0\0\0}\x94\x8c\x01a\x94K\x01s.',
    ],
    ['a dict, of a Map', new Map([['a', 1]]), '\x80\x04\x95\x0a\0\0\0\0\0\0\0}\x94\x8c\x01a\x94K\x01s.'],
    ['a set', new Set([1]), '\x80\x04\x95\x07\0\0\0\0\0\0\0\x8f\x94(K\x01\x90.'],
  ])('%s', ([, value, bytes]) => {
    expect(write(value)).toStrictEqual(python(bytes))
  })

  test('a datetime in UTC, of a Date', () => {
    const at = new Date('2024-01-31T12:30:59.123Z')
    expect(write(at)).toStrictEqual(write(PyDateTime.fromDate(at)))
    expect(roundTrip(at)).toStrictEqual(
      new PyDateTime(
        new PyDate(2024, 1, 31),
        new PyTime({ hour: 12, minute: 30, second: 59, microsecond: 123_000, tzinfo: PyTimezone.utc }),
      ),
    )
  })

  test('the same once, where it is the same object or an equal text', () => {
    const shared = { name: 'name' }
    const [first, second] = roundTrip([shared, shared, 'name']) as unknown[]
    expect(first).toBe(second)
    expect(write([shared, shared, 'name'])).toStrictEqual(
      python('\x80\x04\x95\x15\0\0\0\0\0\0\0]\x94(}\x94\x8c\x04name\x94h\x02sh\x01h\x02e.'),
    )
  })

  test('something of its own, where it is an equal object', () => {
    const [first, second] = roundTrip([[1], [1]]) as unknown[]
    expect(first).not.toBe(second)
  })
})

test('values of another realm are written as those of this one', () => {
  const made = 'new Map([["date", new Date(0)], ["set", new Set([1])], ["list", [{ a: new Uint8Array([1]) }]]])'
  const there: unknown = runInNewContext(made)
  const here: unknown = runInThisContext(made)
  expect(there).not.toBeInstanceOf(Map)
  expect(write(there)).toStrictEqual(write(here))
})

describe('what has no like in Python is not written', () => {
  test.for<[what: string, value: unknown]>([
    ['undefined', undefined],
    ['undefined', [undefined]],
    ['undefined', new Map([['key', undefined]])],
    ['undefined', new Map([[undefined, 1]])],
    ['function', () => 1],
    ['function', [class {}]],
    ['symbol', Symbol('secret')],
  ])('%s, with a TypeError that names null', ([what, value]) => {
    expect(() => write(value)).toThrow(TypeError)
    expect(() => write(value)).toThrow(new RegExp(`^${what} is not a value.*null`))
  })

  test.for<[name: string, value: object]>([
    [
      'Account',
      new (class Account {
        secret = 1
      })(),
    ],
    ['RegExp', /secret/],
    ['Error', new Error('secret')],
    ['Promise', Promise.resolve()],
    ['WeakMap', new WeakMap()],
    ['String', Object('secret') as object],
    ['ArrayBuffer', new ArrayBuffer(1)],
    ['Float64Array', new Float64Array(1)],
    ['URL', new URL('http://secret')],
  ])('an object of class %s, with a CodecError that names it', ([name, value]) => {
    for (const holder of [value, [value], { value }]) {
      expect(() => write(holder)).toThrow(CodecError)
      expect(() => write(holder)).toThrow(new RegExp(`^encode: an object of class ${name} (?!.*secret)`))
    }
  })

  test.for([new Date(NaN), new Date(8.64e15), new Date('0000-01-01')])('the Date %s', (date) => {
    expect(() => write([date])).toThrow(CodecError)
  })

  test.for<[what: string, key: unknown]>([
    ['a list', []],
    ['a dict', {}],
    ['a dict of any keys', new Map()],
    ['an OrderedDict', new PyOrderedDict()],
    ['a set', new Set()],
    ['a bytearray', new PyBytearray()],
    ['a tuple that holds one', PyTuple.of(1, PyTuple.of([]))],
  ])('%s as a key or a member: Python cannot hash it', ([, key]) => {
    expect(() => write(new Map([[key, 1]]))).toThrow(CodecError)
    expect(() => write(new PyOrderedDict([[key, 1]]))).toThrow(CodecError)
    expect(() => write(new Set([key]))).toThrow(CodecError)
    expect(() => write(new PyFrozenset([key]))).toThrow(CodecError)
    expect(() => write([key, new Set([key])])).toThrow(CodecError)
  })

  test.for<[what: string, key: unknown]>([
    ['bytes', Buffer.from('a')],
    ['a tuple', PyTuple.of(1, PyTuple.of('a'))],
    ['a frozenset', new PyFrozenset([1])],
    ['a date', new PyDate(2024, 1, 1)],
  ])('but %s is', ([, key]) => {
    expect(roundTrip(new Map([[key, 1]]))).toStrictEqual(new Map([[key, 1]]))
    expect(roundTrip(new Set([key]))).toStrictEqual(new Set([key]))
  })

  test('what is more than 1000 deep, or a tuple that holds itself', () => {
    const nested = (depth: number): unknown => Array.from({ length: depth - 1 }).reduce((made: unknown) => [made], [])
    const tuple = new PyTuple()
    tuple.push(tuple)
    expect(write(nested(1000))).toBeInstanceOf(Buffer)
    expect(() => write(nested(1001))).toThrow(CodecError)
    expect(() => write(nested(100_000))).toThrow(CodecError)
    expect(() => write(tuple)).toThrow(CodecError)
  })
})

describe('a value comes back as what it was', () => {
  test('with a key called __proto__ as a plain key, which changes no prototype', () => {
    const value: unknown = JSON.parse('{"__proto__":{"admin":true},"constructor":1}')
    const back = roundTrip(value) as object
    expect(Object.keys(back)).toStrictEqual(['__proto__', 'constructor'])
    expect(Object.getPrototypeOf(back)).toBe(Object.prototype)
    expect('admin' in back).toBe(false)
  })

  test('without taking part in the bytes it was read from', () => {
    const written = write([Buffer.from('bytes'), new PyBytearray([1, 2])])
    const back = pickleSerializer.deserialize(written)
    written.fill(0)
    expect(back).toStrictEqual([Buffer.from('bytes'), new PyBytearray([1, 2])])
  })

  test('where a dict has itself in it, and gets another key than text later', () => {
    const table = new Map<unknown, unknown>([['a', 1]])
    table.set('list', [table]).set(1, table)
    const back = roundTrip(table) as typeof table
    expect(back.get(1)).toBe(back)
    expect((back.get('list') as unknown[])[0]).toBe(back)
  })

  test('whatever it is made of', () => {
    fc.assert(
      fc.property(anyValue, (value) => {
        expect(roundTrip(value)).toStrictEqual(value)
        expect(write(roundTrip(value))).toStrictEqual(write(value))
      }),
      { numRuns: 500 },
    )
  })

  test('whatever the text is', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'binary' }), fc.array(fc.nat({ max: 0xffff })), (text, codes) => {
        const odd = String.fromCharCode(...codes)
        expect(roundTrip([text, odd])).toStrictEqual([text, odd])
      }),
    )
  })

  test('whatever the whole number is', () => {
    fc.assert(
      fc.property(fc.bigInt({ min: -(2n ** 2100n), max: 2n ** 2100n }), fc.nat({ max: 2100 }), (value, shift) => {
        const int = value >> BigInt(shift)
        const safe = int >= Number.MIN_SAFE_INTEGER && int <= Number.MAX_SAFE_INTEGER
        expect(roundTrip(int)).toBe(safe ? Number(int) : int)
      }),
    )
  })
})

/** Everything but what comes back as something else: bigints that are safe, Dates, safe text. */
const { anyValue } = fc.letrec<{ anyValue: unknown; key: unknown }>((tie) => ({
  key: fc.oneof(
    fc.string(),
    fc.maxSafeInteger(),
    fc.boolean(),
    fc.constant(null),
    anyDate(),
    fc.array(tie('key'), { maxLength: 3, depthIdentifier: 'keys' }).map((items) => new PyTuple(items)),
  ),
  anyValue: fc.oneof(
    { depthSize: 'small', withCrossShrink: true },
    fc.jsonValue(),
    fc.double(),
    fc.bigInt({ min: 2n ** 53n, max: 2n ** 300n }),
    fc.uint8Array().map((bytes) => Buffer.from(bytes)),
    fc.uint8Array().map((bytes) => new PyBytearray(bytes)),
    anyDate(),
    anyDateTime(),
    anyTimedelta(),
    anyZone(),
    fc.uuid().map((text) => new PyUuid(text)),
    fc.float({ noDefaultInfinity: true, noNaN: true }).map((number) => new PyDecimal(String(number))),
    fc.constant(0).map(() => new PyHerdMarker()),
    fc.array(tie('anyValue')),
    fc.array(tie('anyValue')).map((items) => new PyTuple(items)),
    fc.array(tie('key')).map((members) => new Set(members)),
    fc.array(tie('key')).map((members) => new PyFrozenset(members)),
    fc.array(fc.tuple(tie('key'), tie('anyValue'))).map((entries) => new PyOrderedDict(entries)),
    fc.array(fc.tuple(tie('key'), tie('anyValue'))).map(asDict),
  ),
}))

/** As a dict is read: an object, unless a key is other than text. */
function asDict(entries: [unknown, unknown][]): unknown {
  const dict = new Map(entries)
  return [...dict.keys()].every((key) => typeof key === 'string')
    ? Object.fromEntries(dict as Map<string, unknown>)
    : dict
}

function anyDate(): fc.Arbitrary<PyDate> {
  return fc
    .tuple(fc.integer({ min: 1, max: 9999 }), fc.integer({ min: 1, max: 12 }), fc.integer({ min: 1, max: 28 }))
    .map((parts) => new PyDate(...parts))
}

function anyTimedelta(): fc.Arbitrary<PyTimedelta> {
  return fc
    .record({ days: fc.integer({ min: -1e8, max: 1e8 }), seconds: fc.integer(), microseconds: fc.integer() })
    .map((parts) => new PyTimedelta(parts))
}

function anyZone(): fc.Arbitrary<PyTimezone | PyZoneInfo> {
  const offset = fc.integer({ min: 1, max: 86_399 }).map((seconds) => new PyTimedelta({ seconds }))
  return fc.oneof(
    fc.constant(PyTimezone.utc),
    fc.tuple(offset, fc.option(fc.string(), { nil: undefined })).map(([at, name]) => new PyTimezone(at, name)),
    fc.constantFrom('Europe/Berlin', 'Mars/Olympus').map((key) => new PyZoneInfo(key)),
  )
}

function anyDateTime(): fc.Arbitrary<PyDateTime> {
  const time = fc.record({
    hour: fc.integer({ min: 0, max: 23 }),
    minute: fc.integer({ min: 0, max: 59 }),
    second: fc.integer({ min: 0, max: 59 }),
    microsecond: fc.integer({ min: 0, max: 999_999 }),
    fold: fc.integer({ min: 0, max: 1 }),
    tzinfo: fc.option(anyZone(), { nil: undefined }),
  })
  return fc.tuple(anyDate(), time).map(([date, parts]) => new PyDateTime(date, new PyTime(parts)))
}
