import fc from 'fast-check'
import { serialize } from 'node:v8'
import { describe, expect, test } from 'vitest'
import { TooManyValuesError } from '../../src/codec/bounds.js'
import { checkV8Values } from '../../src/codec/serializers/v8-values.js'
import { codecOf, stored } from '../support/codecs.js'
import { rejection } from '../support/rejection.js'

/** Counts for certain, however few may be there. */
const passes = (bytes: Buffer, maxValues: number): boolean => {
  try {
    checkV8Values(Buffer.concat([bytes, Buffer.alloc(maxValues)]), maxValues)
    return true
  } catch (error) {
    expect(error).toBeInstanceOf(TooManyValuesError)
    return false
  }
}

describe('the values in what node:v8 writes are counted', () => {
  const cycle: unknown[] = [1]
  cycle.push(cycle)
  test.for<[count: number, value: unknown]>([
    [0, 'text'],
    [0, 7n],
    [2, [1, 'two']],
    [3, { a: 1, ключ: 'текст', b: -1.5 }],
    [5, { a: [true, null, undefined], b: {} }],
    [3, new Map<unknown, unknown>([[1, new Map([[{}, 'x']])], ['b', 2n ** 70n]])], // prettier-ignore
    [4, new Set(['a', new Set([1, new Date(0)])])],
    [2, cycle],
    [3, Object.assign([1, 2], { extra: 'x' })],
    [2, Object.assign(new Array(1_000_000), { 5: 1, 999_999: 2 })],
    [2, Object.assign(new Array(4), { 1: 1, 3: 2 })],
    [4, [/x/gu, new Error('x', { cause: 'no value' }), new RangeError('y'), new TypeError()]],
    [5, [Buffer.from('bytes'), new Uint8Array([0, 0, 7]), new Float64Array(3), new ArrayBuffer(5), new DataView(new ArrayBuffer(3))]], // prettier-ignore
    [7, [new Date(NaN), Object(1), Object('x'), Object(1n), Object(true), Infinity, -(2n ** 64n)]],
    [2, ['x'.repeat(1_000), 'й'.repeat(1_001)]],
  ])('%i', ([count, value]) => {
    const bytes = serialize(value)
    expect(passes(bytes, count)).toBe(true)
    if (count > 0) expect(passes(bytes, count - 1)).toBe(false)
  })
})

test('as many as there are, whatever they are', () => {
  const { any } = fc.letrec<{ any: unknown }>((tie) => ({
    any: fc.oneof(
      { depthSize: 'small' },
      fc.constantFrom(null, undefined, true, NaN, -0, 2n ** 70n),
      fc.string({ unit: 'binary' }),
      fc.double(),
      fc.bigInt(),
      fc.date(),
      fc.uint8Array().map((bytes) => Buffer.from(bytes)),
      fc.array(tie('any')),
      fc.dictionary(fc.string(), tie('any'), { noNullPrototype: true }),
      fc.array(fc.tuple(tie('any'), tie('any'))).map((entries) => new Map(entries)),
      fc.array(tie('any')).map((items) => new Set(items)),
    ),
  }))
  fc.assert(
    fc.property(any, (value) => {
      const count = countOf(value)
      const bytes = serialize(value)
      expect(passes(bytes, count)).toBe(true)
      if (count > 0) expect(passes(bytes, count - 1)).toBe(false)
    }),
  )
})

test('a bomb of empty objects is refused, and what is damaged too', async () => {
  const options = { serializer: 'v8', maxDecodedValues: 100_000 } as const
  const bomb = Buffer.concat([Buffer.from('ff0f41c0843d', 'hex'), Buffer.alloc(3_000_000, 'o{\0')])
  const decoding = async (bytes: Buffer): Promise<unknown> => codecOf(options).decode(bytes, 'k')
  expect((await rejection(decoding(bomb))).error).toMatchObject({ stage: 'deserialize', message: expect.stringMatching(/more than 100000 values; raise maxDecodedValues/) as string }) // prettier-ignore
  const large = await stored(
    codecOf(options),
    Array.from({ length: 100_000 }, () => 'x'),
  )
  expect(await decoding(large)).toHaveLength(100_000)
  for (const cut of [1, 2, 100, 150_000])
    expect((await rejection(decoding(large.subarray(0, -cut)))).error).toMatchObject({ stage: 'deserialize' })
})

/** Array items, entries and members, nested ones included. */
function countOf(value: unknown): number {
  if (typeof value !== 'object' || value === null || value instanceof Date || Buffer.isBuffer(value)) return 0
  const inside = value instanceof Map ? [...value].flat() : value instanceof Set ? [...value] : Object.values(value)
  const own = value instanceof Map ? value.size : inside.length
  return inside.reduce((sum: number, item) => sum + countOf(item), own)
}
