import fc from 'fast-check'
import { brotliCompressSync, brotliDecompressSync, deflateSync, gzipSync, inflateSync } from 'node:zlib'
import { describe, expect, test } from 'vitest'
import type { CodecOptions } from '../../src/codec/options.js'
import { richJson } from '../../src/codec/serializers/rich-json.js'
import { CodecError } from '../../src/errors.js'
import type { Compressor, Serializer } from '../../src/index.js'
import { codecOf, jsonValue, roundTrip, stored } from '../support/codecs.js'
import { rejection } from '../support/rejection.js'

const long = { text: 'abc'.repeat(100) }

/** A user's own, which takes any bytes for its own. */
const reversed: Serializer = {
  name: 'reversed',
  serialize: (value) => String(value).split('').reverse().join(''),
  deserialize: (bytes) => Buffer.from(bytes).toString().split('').reverse().join(''),
}
/** A user's own, without a mark, and slow. */
const shouting: Compressor = {
  name: 'shouting',
  compress: async (bytes) => Buffer.concat([Buffer.from('!'), bytes]),
  decompress: async (bytes) => {
    if (bytes[0] !== 0x21) throw new Error('no shouting')
    return bytes.subarray(1)
  },
}

describe('a number is stored as digits, and never compressed, whatever the serializer is', () => {
  const ways: CodecOptions[] = [
    { serializer: 'msgpack' },
    { serializer: 'v8', compressor: 'zlib', compressMinLength: 0 },
    { serializer: 'raw', format: 'framed' },
    { serializer: 'raw', format: 'django', compressor: 'brotli' },
    { serializer: reversed },
    { serializer: richJson(), compressor: 'lz4' },
  ]
  test.for(ways)('%o', async (options) => {
    const codec = codecOf(options)
    expect(codec.bareNumbers).toBe(true)
    for (const [value, form] of [
      [7, '7'],
      [-7, '-7'],
      [2n ** 70n, '1180591620717411303424'],
      [1.5, '1.5'],
      [-0, '-0.0'],
      [1e22, '1e+22'],
    ] as const) {
      // prettier-ignore
      expect(String(await codec.encode(value, 'k'))).toBe(form)
      expect(await codec.decode(Buffer.from(form), 'k')).toBe(value)
    }
    await expect(async () => codec.encode(NaN, 'k')).rejects.toThrow(/^serialize: NaN cannot be stored; store null/)
  })

  test.for(ways)('any number comes back as it was: %o', async (options) => {
    const codec = codecOf(options)
    const numbers = fc.oneof(fc.double({ noNaN: true, noDefaultInfinity: true }), fc.bigInt({ min: 2n ** 53n }))
    await fc.assert(
      fc.asyncProperty(numbers, async (value) => {
        expect(await roundTrip(codec, value)).toBe(value)
      }),
      { numRuns: 50 },
    )
  })
})

describe('a value that is stored', () => {
  test('is compressed when it is longer than the least length, and not when it is as long', async () => {
    const codec = codecOf({ compressor: 'zlib' })
    const [short, longer] = ['x'.repeat(13), 'x'.repeat(14)]
    expect((await stored(codec, short)).toString()).toBe(`"${short}"`)
    expect(inflateSync(await stored(codec, longer)).toString()).toBe(`"${longer}"`)
    expect((await stored(codecOf({ compressor: 'zlib', compressMinLength: 16 }), longer)).toString()).toBe(
      `"${longer}"`,
    )
    expect(inflateSync(await stored(codecOf({ compressor: 'zlib', compressMinLength: 0 }), true)).toString()).toBe(
      'true',
    )
  })

  test('is compressed at the level that is asked for', async () => {
    const value = Array.from({ length: 200 }, (_, index) => `${index * 7_919}`)
    const sizes = await Promise.all([1, 9].map(async (compressLevel) => (await stored(codecOf({ compressor: 'zlib', compressLevel }), value)).length)) // prettier-ignore
    expect(sizes[1]).toBeLessThan(sizes[0] ?? 0)
  })

  test.for<CodecOptions>([
    { serializer: 'msgpack' },
    { serializer: 'msgpack', compressor: 'zstd' },
    { serializer: 'v8', compressor: 'gzip' },
    { serializer: 'json', compressor: 'brotli', compressLevel: 1 },
    { serializer: 'json', compressor: 'lz4', compressMinLength: 0 },
    { serializer: richJson(), compressor: shouting },
    { serializer: 'msgpack', compressor: 'brotli', compressLevel: 1, compressMinLength: 0 },
  ])('comes back as it was, whatever JSON can say: %o', async (options) => {
    const codec = codecOf(options)
    await fc.assert(
      fc.asyncProperty(jsonValue, async (value) => {
        expect(await roundTrip(codec, value)).toStrictEqual(value)
      }),
      { numRuns: 100 },
    )
  })

  test('with v8 keeps what structuredClone keeps', async () => {
    const value = { date: new Date(0), map: new Map([[{ a: 1 }, /x/g]]), big: 2n ** 70n, gone: undefined, nan: NaN }
    expect(await roundTrip(codecOf({ serializer: 'v8' }), value)).toStrictEqual(value)
  })
})

describe('what is no value, or has no form, is refused', () => {
  test.for<NonNullable<CodecOptions['serializer']>>(['json', 'msgpack', 'v8', 'raw', richJson(), reversed])(
    'with %o',
    async (serializer) => {
      // prettier-ignore
      const codec = codecOf({ serializer, compressor: 'zlib' })
      for (const value of [undefined, () => 1, Symbol('s')])
        await expect(async () => codec.encode(value, 'k')).rejects.toThrow(/is not a value that can be stored; null is/)
    },
  )

  test.for<[serializer: NonNullable<CodecOptions['serializer']>, value: unknown]>([
    ['msgpack', { big: 2n ** 64n }],
    ['v8', { f: () => 'secret' }],
    ['raw', { secret: 1 }],
    ['raw', true],
    ['raw', null],
    [{ ...reversed, serialize: () => 5 as unknown as string }, 'x'],
    [{ ...reversed, serialize: async () => 'x' } as unknown as Serializer, 'x'],
  ])('with %o: %o, by a CodecError that shows no value', async ([serializer, value]) => {
    const { error } = await rejection(stored(codecOf({ serializer }), value))
    expect(error).toBeInstanceOf(CodecError)
    expect(error).toMatchObject({ stage: 'serialize' })
    expect((error as Error).message).not.toContain('secret')
  })
})

describe('a reader tells apart', () => {
  const codec = codecOf({ compressor: 'zlib', decoders: ['gzip', 'lz4', 'zstd', 'msgpack', 'v8', 'brotli'] })
  const writers: CodecOptions[] = [
    {},
    { compressor: 'zlib' },
    { compressor: 'gzip' },
    { compressor: 'lz4' },
    { compressor: 'zstd' },
    { compressor: 'brotli' },
    { serializer: 'msgpack' },
    { serializer: 'msgpack', compressor: 'brotli' },
    { serializer: 'v8', compressor: 'zstd' },
  ]

  test.for(writers)('what each writer wrote during a rollout: %o', async (writer) => {
    for (const value of [long, 'a', '', null, true, [], {}, [1], { a: '1' }, '5', 'x'.repeat(14), -3, 2n ** 64n])
      expect(await codec.decode(await stored(codecOf(writer), value), 'k')).toStrictEqual(value)
  })

  test('rich JSON from JSON', async () => {
    const rich = codecOf({ serializer: richJson(), decoders: ['json'] })
    expect(rich.reads).toBe('text')
    expect(rich.decode('{"a":1}', 'k')).toStrictEqual({ a: 1 })
    expect(await roundTrip(rich, new Set([1]))).toStrictEqual(new Set([1]))
  })

  test('what is damaged: the error names the step, and the stored bytes do not come back', async () => {
    const damaged = deflateSync(JSON.stringify(long)).subarray(0, -5)
    const { error } = await rejection(
      Promise.resolve().then(() => codecOf({ compressor: 'zlib' }).decode(damaged, 'k')),
    )
    expect(error).toMatchObject({ stage: 'decompress' })
  })

  test('a bomb, also where other ways to read are left', async () => {
    const options: CodecOptions = { maxDecodedBytes: 1_000, serializer: 'msgpack', decoders: ['raw'] }
    const bombs = [brotliCompressSync(Buffer.alloc(1_001)), gzipSync(Buffer.alloc(1_001))]
    for (const [index, compressor] of (['brotli', 'gzip'] as const).entries()) {
      const decoding = Promise.resolve().then(() =>
        codecOf({ ...options, compressor }).decode(bombs[index] as Buffer, 'k'),
      )
      expect((await rejection(decoding)).error).toMatchObject({ stage: 'decompress', message: expect.stringMatching(/raise maxDecodedBytes/) as string }) // prettier-ignore
    }
  })

  test('what nobody wrote: the error says where to look', async () => {
    const decoding = Promise.resolve().then(() => codec.decode(Buffer.from([0xc1, 1, 2]), 'k'))
    expect((await rejection(decoding)).error).toMatchObject({
      code: 'E_CODEC',
      stage: 'deserialize',
      message: "deserialize: what is stored (length 3) is not what 'json' or 'msgpack' or 'v8' writes; name what wrote it in decoders.", // prettier-ignore
    })
  })
})

describe('brotli has no mark', () => {
  const codec = codecOf({ serializer: 'msgpack', compressor: 'brotli', compressLevel: 1 })

  test.for(['\x01', '\x06', '', 'a', ';', 'abc'])(
    'and short texts that it would decompress come back: %j',
    async (text) => {
      expect(await roundTrip(codec, text)).toBe(text)
      expect(await roundTrip(codec, [text])).toStrictEqual([text])
    },
  )

  test('and there are such texts', () => {
    expect(brotliDecompressSync(Buffer.from([0xa1, 0x06])).toString()).toBe('')
  })

  test('but any short value comes back, whether it was compressed or not', async () => {
    await fc.assert(
      fc.asyncProperty(fc.oneof(fc.string({ maxLength: 14 }), fc.uint8Array({ maxLength: 14 })), async (value) => {
        const kept = typeof value === 'string' ? value : Buffer.from(value)
        expect(await roundTrip(codec, kept)).toStrictEqual(kept)
        expect(await codec.decode(brotliCompressSync(await stored(codecOf({ serializer: 'msgpack' }), kept)), 'k')).toStrictEqual(kept) // prettier-ignore
      }),
    )
  })
})

describe("raw bytes in Django's format", () => {
  const raw = codecOf({ serializer: 'raw', format: 'django' })

  test('are stored as they are, and come back as a Buffer', async () => {
    for (const bytes of [Buffer.from([0xc1, 0, 255]), Buffer.from('text'), Buffer.alloc(0)]) {
      expect(await stored(raw, bytes)).toStrictEqual(bytes)
      expect(await roundTrip(raw, bytes)).toStrictEqual(bytes)
    }
    expect(await roundTrip(raw, 'naïve')).toStrictEqual(Buffer.from('naïve'))
    expect(await roundTrip(raw, new Uint8Array([1, 2, 3]).subarray(1))).toStrictEqual(Buffer.from([2, 3]))
  })

  test('are those of the moment, whatever their owner does next', async () => {
    const bytes = Buffer.alloc(100_000, 'a')
    const writing = stored(codecOf({ serializer: 'raw', format: 'django', compressor: 'zlib' }), bytes)
    const written = stored(raw, bytes)
    bytes.fill('b')
    expect(inflateSync(await writing).equals(await written)).toBe(true)
    expect((await written).equals(Buffer.alloc(100_000, 'a'))).toBe(true)
  })

  test.for(['5', '-1.5', 'nan', '1e5'])('are refused when they would come back as a number: %s', async (text) => {
    const { error } = await rejection(stored(raw, text))
    expect(error).toMatchObject({ code: 'E_CODEC', stage: 'serialize' })
    expect((error as Error).message).toMatch(/would come back as a number; store the number, or use 'framed'/)
  })

  test.for(['zlib', 'gzip', 'brotli', 'zstd', 'lz4'] as const)(
    'come back with %s whatever they are',
    async (compressor) => {
      const codec = codecOf({ serializer: 'raw', format: 'django', compressor, ...(compressor === 'brotli' ? { compressLevel: 1 } : {}) }) // prettier-ignore
      const tricky = [gzipSync('x'), deflateSync(''), brotliCompressSync(''), Buffer.from('5'), Buffer.from([6]), Buffer.alloc(0)] // prettier-ignore
      for (const bytes of tricky) expect(await roundTrip(codec, bytes)).toStrictEqual(bytes)
      await fc.assert(
        fc.asyncProperty(fc.uint8Array({ maxLength: 40 }), async (bytes) => {
          expect(await roundTrip(codec, bytes)).toStrictEqual(Buffer.from(bytes))
        }),
        { numRuns: 50 },
      )
    },
  )

  test('are taken as they are when they cannot be decompressed, as Django does', async () => {
    const codec = codecOf({ serializer: 'raw', format: 'django', compressor: 'zlib' })
    for (const bytes of [Buffer.from('x\x9cnot zlib'), Buffer.from('plain'), Buffer.from('hb')])
      expect(await codec.decode(bytes, 'k')).toStrictEqual(bytes)
  })
})

test("one's own serializer and compressor have their say", async () => {
  const codec = codecOf({ serializer: reversed, compressor: shouting, format: 'django' })
  expect((await stored(codec, 'abc')).toString()).toBe('!cba')
  expect(await roundTrip(codec, 'abc')).toBe('abc')
  const lying = codecOf({ compressor: { ...shouting, decompress: async () => Buffer.alloc(11) }, maxDecodedBytes: 10 })
  expect((await rejection(roundTrip(lying, long))).error).toMatchObject({ stage: 'decompress' })
  const wrong = codecOf({ compressor: { ...shouting, compress: () => 'text' as unknown as Buffer } })
  expect((await rejection(stored(wrong, long))).error).toMatchObject({ stage: 'compress' })
})
