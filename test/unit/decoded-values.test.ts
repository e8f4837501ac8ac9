import { randomBytes } from 'node:crypto'
import { deflateSync } from 'node:zlib'
import { describe, expect, test } from 'vitest'
import type { CodecOptions } from '../../src/codec/options.js'
import { pickleSerializer, PyTuple } from '../../src/codec/serializers/pickle/index.js'
import { richJson } from '../../src/codec/serializers/rich-json.js'
import { CodecError } from '../../src/errors.js'
import type { Serializer } from '../../src/index.js'
import { codecOf, stored } from '../support/codecs.js'
import { rejection } from '../support/rejection.js'

const MiB = 1024 * 1024
const decode = async (options: CodecOptions, bytes: Uint8Array): Promise<unknown> => codecOf(options).decode(bytes, 'k')
const failure = async (options: CodecOptions, bytes: Uint8Array): Promise<unknown> =>
  (await rejection(Promise.resolve().then(() => decode(options, bytes)))).error

/** An array of so many items, in a JSON text that is long enough to be counted. */
const longJson = (items: number): Buffer => Buffer.from(`["${'x'.repeat(MiB)}"${',{}'.repeat(items - 1)}]`)

/** Values that hold ten values each. */
const tens: [what: string, value: unknown][] = [
  ['an array of numbers', Array.from({ length: 10 }, (_, index) => index)],
  ['arrays in an array', [[1, [2]], [3], [], [4, 5]]],
  ['an object', Object.fromEntries(Array.from({ length: 10 }, (_, index) => [`f${index}`, null]))],
  ['objects in objects', { a: { b: 1, c: { d: [1, 2, 3] } }, e: {}, f: 'x', g: [] }],
  ['the same texts again and again', [['a', 'a'], { a: 'a', b: 'a' }, ['a', 'a', 'a']]],
]
const maps: [what: string, value: unknown][] = [
  ['a Map', new Map(Array.from({ length: 10 }, (_, index) => [index, true]))],
  ['a Set', new Set(Array.from({ length: 10 }, (_, index) => index))],
  ['Maps in a Map', new Map<string, Map<number, unknown>>([['a', new Map([[1, new Map([[2, 3]])]])], ['b', new Map([[1, 2], [2, 3], [3, 4], [4, 5], [5, 6], [6, 7]])]])], // prettier-ignore
]

describe.each(['msgpack', 'pickle'] as const)(
  '%s: as many values as may be in one are read, and not one more',
  (serializer) => {
    test.for([...tens, ...maps])('%s', async ([, value]) => {
      const bytes = await stored(codecOf({ serializer }), value)
      await decode({ serializer, maxDecodedValues: 10 }, bytes)
      expect(await failure({ serializer, maxDecodedValues: 9 }, bytes)).toMatchObject({
        code: 'E_CODEC',
        stage: 'deserialize',
        message: 'deserialize: what is stored holds more than 9 values; raise maxDecodedValues if that is right.',
      })
    })
  },
)

describe('json: a text of more than 1 MiB holds as many values as may be, and not one more', () => {
  test.for(tens)('%s', async ([, value]) => {
    const padding = 'x"\\,[{'.repeat(MiB / 6)
    for (const space of [undefined, 1]) {
      const text = JSON.stringify([value, padding], undefined, space)
      for (const serializer of ['json', richJson()] as const) {
        await decode({ serializer, maxDecodedValues: 12 }, Buffer.from(text))
        expect(await failure({ serializer, maxDecodedValues: 11 }, Buffer.from(text))).toMatchObject({
          stage: 'deserialize',
          message: expect.stringContaining('more than 11 values') as string,
        })
      }
    }
  })

  test('a shorter one is read without being counted', async () => {
    expect(await decode({ maxDecodedValues: 1 }, Buffer.from('[1,2,3]'))).toStrictEqual([1, 2, 3])
  })

  test('damaged ones are refused as ever: nothing is looked at twice', async () => {
    for (const text of [`["${'\\'.repeat(2 * MiB)}`, `[${' '.repeat(2 * MiB)}`, `["${'\\"'.repeat(MiB)}`, '['.repeat(MiB)])
      expect(await failure({}, Buffer.from(text))).toMatchObject({ stage: 'deserialize', cause: expect.any(SyntaxError) as Error }) // prettier-ignore
  })
})

describe('a few KiB that hold many MiB of nothing are refused', () => {
  const repeated = (length: number, byte: number, ...head: number[]): Buffer =>
    Buffer.concat([Buffer.from(head), Buffer.alloc(length, byte)])
  test.for<[what: string, options: CodecOptions, plain: () => Buffer]>([
    ['maps of MessagePack', { serializer: 'msgpack' }, () => repeated(60 * MiB, 0x80, 0xdd, 0x03, 0xc0, 0, 0)],
    ['objects of JSON', { serializer: 'json' }, () => longJson(5 * MiB)],
    ['objects of rich JSON', { serializer: richJson() }, () => longJson(5 * MiB)],
    [
      'dicts of pickle',
      { serializer: 'pickle', maxDecodedValues: 10_000 },
      () => repeated(4 * MiB, 0x7d, 0x80, 4, 0x28),
    ],
    [
      'None of pickle',
      { serializer: 'pickle', maxDecodedValues: 10_000 },
      () => repeated(4 * MiB, 0x4e, 0x80, 4, 0x28),
    ],
  ])('%s', async ([, options, plain]) => {
    const bomb = deflateSync(plain(), { level: 1 })
    expect(bomb.length).toBeLessThan(MiB)
    expect(await failure({ ...options, compressor: 'zlib' }, bomb)).toMatchObject({
      message: `deserialize: what is stored holds more than ${options.maxDecodedValues ?? 4_000_000} values; raise maxDecodedValues if that is right.`,
    })
  })

  test('also where they are announced piece by piece', async () => {
    const bytes = Buffer.concat([Buffer.from([0xdd, 0, 0, 0x10, 0]), Buffer.alloc(4_096 * 11, Buffer.from('9a80808080808080808080', 'hex'))]) // prettier-ignore
    await decode({ serializer: 'msgpack', maxDecodedValues: 4_096 * 11 }, bytes)
    expect(await failure({ serializer: 'msgpack', maxDecodedValues: 4_096 * 11 - 1 }, bytes)).toBeInstanceOf(CodecError)
  })

  test('also where it is the second way to read them', async () => {
    const options: CodecOptions = { serializer: 'msgpack', compressor: 'brotli', decoders: ['pickle', 'raw'], maxDecodedValues: 5 } // prettier-ignore
    expect(await failure(options, pickleSerializer.serialize([1, 2, 3, 4, 5, 6]))).toMatchObject({
      message: expect.stringMatching(/more than 5 values; raise maxDecodedValues/) as string,
    })
  })

  test('a pickle that memoizes what it has not made is no way around it', async () => {
    const error = await failure(
      { serializer: 'pickle' },
      Buffer.concat([Buffer.from([0x80, 4, 0x4e]), Buffer.alloc(1_000, 0x94)]),
    )
    expect(error).toMatchObject({ cause: { message: expect.stringContaining('it memoizes more than it has made') as string } }) // prettier-ignore
  })
})

test('what a call is made of counts in a pickle: a date four times at most', async () => {
  const bytes = pickleSerializer.serialize(Array.from({ length: 10 }, (_, day) => new Date(day * 86_400_000)))
  const value = await decode({ serializer: 'pickle', maxDecodedValues: 100 }, bytes)
  expect(value).toHaveLength(10)
  expect(await failure({ serializer: 'pickle', maxDecodedValues: 20 }, bytes)).toBeInstanceOf(CodecError)
  const tuples = pickleSerializer.serialize([PyTuple.of(1, 2), PyTuple.of()])
  await decode({ serializer: 'pickle', maxDecodedValues: 4 }, tuples)
  expect(await failure({ serializer: 'pickle', maxDecodedValues: 3 }, tuples)).toBeInstanceOf(CodecError)
})

test('a serializer of your own is told how many there may be, and can refuse more', async () => {
  const counting: Serializer = {
    name: 'counting',
    serialize: (value) => Buffer.from(JSON.stringify(value)),
    deserialize: (bytes, maxValues = 0) => {
      if (bytes.length > maxValues) throw Object.assign(new Error('too many'), { code: 'ERR_TOO_MANY_VALUES' })
      return maxValues
    },
  }
  const options: CodecOptions = { serializer: counting, maxDecodedValues: 5, encryption: { keys: [{ id: 'k', key: randomBytes(32) }] } } // prettier-ignore
  const codec = codecOf(options)
  expect(await codec.decode(await codec.encode('abc', 'k'), 'k')).toBe(5)
  const long = await codec.encode('abcd', 'k')
  await expect(async () => codec.decode(long, 'k')).rejects.toThrow(/more than 5 values; raise maxDecodedValues/)
})

describe('a whole number has 4300 digits at most, as in Python', () => {
  const longest = 10n ** 4_300n - 1n
  const ways: CodecOptions[] = [{}, { serializer: 'msgpack' }, { serializer: 'raw' }, { serializer: 'pickle', compressor: 'brotli' }, { serializer: richJson() }] // prettier-ignore

  test.for(ways)('%o', async (options) => {
    const codec = codecOf(options)
    for (const value of [longest, -longest]) {
      expect(await codec.decode(await codec.encode(value, 'k'), 'k')).toBe(value)
      await expect(async () => codec.encode(value * 10n, 'k')).rejects.toThrow(/^serialize: a whole number of more than 4300 digits/) // prettier-ignore
    }
    for (const digits of ['1'.repeat(4_301), `-${'0'.repeat(4_301)}`, '7'.repeat(3_000_000)])
      expect(await failure(options, Buffer.from(digits))).toMatchObject({
        code: 'E_CODEC',
        stage: 'deserialize',
        message: 'deserialize: a whole number of more than 4300 digits is not stored as digits; store it as bytes.',
      })
  })

  test('inside rich JSON too', async () => {
    const codec = codecOf({ serializer: richJson() })
    expect(codec.decode(await codec.encode([longest], 'k'), 'k')).toStrictEqual([longest])
    await expect(async () => codec.encode([longest * 10n], 'k')).rejects.toThrow(CodecError)
    expect(await failure({ serializer: richJson() }, Buffer.from(`{"$bigint":"${'1'.repeat(3_000_000)}"}`))).toBeInstanceOf(CodecError) // prettier-ignore
  })

  test('raw bytes that look like a longer one are not taken for a number, so they are not stored without a frame', async () => {
    const digits = Buffer.alloc(5_000, '1')
    await expect(async () => codecOf({ serializer: 'raw', format: 'django' }).encode(digits, 'k')).rejects.toThrow(/would come back as a number/) // prettier-ignore
    const framed = codecOf({ serializer: 'raw' })
    expect(await framed.decode(await framed.encode(digits, 'k'), 'k')).toStrictEqual(digits)
  })
})
