import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { richJson } from '../../src/codec/serializers/rich-json.js'
import { codecOf } from '../support/codecs.js'

const codec = codecOf({ serializer: richJson() })
const roundTrip = (value: unknown): unknown => codec.decode(codec.encode(value, 'k') as string, 'k')

test('rich JSON is text, and needs no frame', () => {
  expect(codec.reads).toBe('text')
  expect(codec.encode({ a: [1, 'b', null, true] }, 'k')).toBe('{"a":[1,"b",null,true]}')
})

describe('a value is stored in a form that Python sees as', () => {
  test.for<[form: string, value: unknown]>([
    ['{"$date":"2026-01-31T12:00:00.000Z"}', new Date('2026-01-31T12:00:00Z')],
    ['{"$date":null}', new Date(NaN)],
    ['[{"$bigint":"-9007199254740993"}]', [-9007199254740993n]],
    ['{"$bytes":"AP+A"}', Buffer.from([0, 255, 128])],
    ['{"$map":[["a",1],[2,{"$map":[]}]]}', new Map<unknown, unknown>([['a', 1], [2, new Map()]])], // prettier-ignore
    ['{"$set":["a",{"$bigint":"1"}]}', new Set(['a', 1n])],
    ['[{"$number":"NaN"},{"$number":"Infinity"},{"$number":"-Infinity"},{"$number":"-0"}]', [NaN, Infinity, -Infinity, -0]], // prettier-ignore
  ])('%s, and comes back as it was', ([form, value]) => {
    expect(codec.encode(value, 'k')).toBe(form)
    expect(roundTrip(value)).toStrictEqual(value)
  })

  test('{"$bytes"} and comes back as a Buffer, whatever array of bytes it was', () => {
    expect(roundTrip(new Uint8Array([1, 2]))).toStrictEqual(Buffer.from([1, 2]))
    expect(roundTrip(new Uint8Array([0, 1, 2, 3]).subarray(1, 3))).toStrictEqual(Buffer.from([1, 2]))
  })

  test("JSON's, where undefined and toJSON are concerned", () => {
    const value = { gone: undefined, list: [undefined], own: { toJSON: () => new Set([1]) }, date: new Date(0) }
    expect(roundTrip(value)).toStrictEqual({ list: [null], own: new Set([1]), date: new Date(0) })
  })
})

describe("a user's object that looks like one of ours comes back as it was", () => {
  test.for<[object]>([
    [{ $date: '2026-01-31T12:00:00.000Z' }],
    [{ $date: 'not a date' }],
    [{ $map: [['a', 1]] }],
    [{ $set: [{ $set: [1] }] }],
    [{ $$set: { $$$set: 1 } }],
    [{ $: 1 }],
    [{ $unknown: { $bigint: '5' } }],
    [{ $date: '2026-01-31T12:00:00.000Z', other: 1 }],
    [{ $bigint: new Map([[{ $bytes: 'AA==' }, 1n]]) }],
  ])('%o', ([value]) => {
    expect(roundTrip(value)).toStrictEqual(value)
  })

  test('with a key called __proto__ as a plain key, which changes no prototype', () => {
    const value: unknown = JSON.parse('{"__proto__":{"admin":true},"a":{"__proto__":1},"m":{"$x":{"__proto__":2}}}')
    const back = roundTrip(value) as object
    expect(JSON.stringify(back)).toBe(JSON.stringify(value))
    expect(Object.getPrototypeOf(back)).toBe(Object.prototype)
    expect('admin' in back).toBe(false)
  })
})

test.for([
  '{"$date":5}',
  '{"$bigint":"1.5"}',
  '{"$bigint":["secret"]}',
  '{"$bytes":1}',
  '{"$map":[["a"]]}',
  '{"$map":{"a":1}}',
  '{"$set":{}}',
  '{"$number":"5"}',
  '{"$number":"abc"}',
  '{"$ref":"#/a"}',
  '{"$toString":1}',
  '{"$__proto__":1}',
  '{"$constructor":{"$x":1}}',
])('what others wrote and no writer of ours stays an object: %s', (text) => {
  expect(codec.decode(text, 'k')).toStrictEqual(JSON.parse(text))
})

test('what Python has beyond JSON is read, and plain JSON too', () => {
  expect(codec.decode('{"a": {"$set": [NaN, {"$bigint": "1"}]}, "b": -Infinity}', 'k')).toStrictEqual({
    a: new Set([NaN, 1n]),
    b: -Infinity,
  })
})

const rich = fc.letrec<{ value: unknown }>((tie) => ({
  value: fc.oneof(
    { depthSize: 'small' },
    fc.jsonValue(),
    fc.double(),
    fc.bigInt(),
    fc.date(),
    fc.uint8Array().map((bytes) => Buffer.from(bytes)),
    fc.array(tie('value')),
    fc.array(fc.tuple(tie('value'), tie('value'))).map((entries) => new Map(entries)),
    fc.array(tie('value')).map((items) => new Set(items)),
    fc.dictionary(
      fc.oneof(fc.string(), fc.constantFrom('$', '$$', '$date', '$set', '$map', '__proto__')),
      tie('value'),
      {
        maxKeys: 2,
        noNullPrototype: true,
      },
    ),
  ),
})).value

test('whatever it holds comes back as it was', () => {
  fc.assert(
    fc.property(rich, (value) => {
      fc.pre(typeof value !== 'number' && typeof value !== 'bigint')
      expect(roundTrip(value)).toStrictEqual(value)
    }),
  )
})
