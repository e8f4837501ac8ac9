import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { freshnessOf } from '../../src/cache/freshness.js'
import {
  FrameHeader,
  frameHeader,
  freshnessAt,
  readFrame,
  type Frame,
  type FrameFields,
} from '../../src/codec/frame.js'
import type { CodecOptions } from '../../src/codec/options.js'
import { richJson } from '../../src/codec/serializers/rich-json.js'
import { CodecError } from '../../src/errors.js'
import { codecOf, jsonValue, roundTrip, stored } from '../support/codecs.js'
import { rejection } from '../support/rejection.js'

const decoding = async (options: CodecOptions, bytes: Buffer, key = 'k'): Promise<unknown> =>
  codecOf(options).decode(bytes, key)
const failure = async (work: Promise<unknown>): Promise<CodecError> => {
  const { error } = await rejection(work)
  expect(error).toBeInstanceOf(CodecError)
  return error as CodecError
}

const fresh = { until: 0x2010007, ttl: 0x102 }

const fieldsOf = ({ serializer, compressor, keyId, freshness }: Frame): FrameFields => {
  return { serializer, compressor, keyId, freshness }
}

describe('a frame', () => {
  test('is a mark, a version, flags, fields, and the payload', async () => {
    expect((await stored(codecOf({ serializer: 'raw' }), 'hi')).toString('latin1')).toBe('\xc1\x01\x01\x03rawhi')
    const packed = await stored(codecOf({ format: 'framed', compressor: 'zlib', compressMinLength: 0 }), true)
    expect(packed.toString('latin1').slice(0, 15)).toBe('\xc1\x01\x03\x04json\x04zlib\x78\x9c')
  })

  const field = fc.option(fc.string({ minLength: 1, maxLength: 60 }), { nil: undefined })
  test('gives back its fields and its payload', () => {
    fc.assert(
      fc.property(
        fc.record({ serializer: field, compressor: field, keyId: field }),
        fc.uint8Array(),
        (fields, bytes) => {
          const header = frameHeader(fields)
          const known = Object.fromEntries(Object.entries(fields).filter(([, value]) => value !== undefined))
          const frame = readFrame(Buffer.concat([header, bytes]))
          expect(frame).toMatchObject(known)
          expect([frame.header, frame.payload]).toStrictEqual([header, Buffer.from(bytes)])
        },
      ),
    )
  })

  const time = fc.integer({ min: 0, max: 2 ** 48 - 1 })
  test('of version 2 says between flags and fields until when it is fresh, and for how long it was', async () => {
    const frame = Buffer.from(await codecOf({ serializer: 'raw' }).encode('hi', 'k', undefined, fresh))
    const bytes = '\xc1\x02\x01' + '\0\0\0\0\x02\x01\0\x07' + '\0\0\0\0\0\0\x01\x02' + '\x03rawhi'
    expect(frame.toString('latin1')).toBe(bytes)
    expect(freshnessAt).toBe(3)
  })

  test('of version 2 gives back its freshness, its fields and its payload', () => {
    const freshness = fc.record({ until: time, ttl: time }, { noNullPrototype: true })
    fc.assert(
      fc.property(
        fc.record({ serializer: field, compressor: field, keyId: field, freshness }),
        fc.uint8Array(),
        (fields, bytes) => {
          const header = frameHeader(fields)
          const frame = readFrame(Buffer.concat([header, bytes]))
          expect(fieldsOf(frame)).toStrictEqual({ ...fields })
          expect([frame.header, frame.payload]).toStrictEqual([header, Buffer.from(bytes)])
        },
      ),
    )
  })

  test('of its own header reads as any other does, and no other is taken for it', () => {
    const names = fc.constantFrom(undefined, 'json', 'jsom', 'jso', 'zlib')
    const fields = fc.record({ serializer: names, compressor: names, keyId: names })
    const freshness = fc.option(fc.record({ until: time, ttl: time }, { noNullPrototype: true }), { nil: undefined })
    fc.assert(
      fc.property(fields, fields, freshness, fc.uint8Array({ maxLength: 4 }), (own, other, stamp, bytes) => {
        const frame = Buffer.concat([frameHeader({ ...other, freshness: stamp }), bytes])
        const read = new FrameHeader(own).read(frame)
        const same = frameHeader(own).equals(frameHeader(other))
        expect(read === undefined).toBe(!same)
        if (read !== undefined)
          expect([fieldsOf(read), read.payload]).toStrictEqual([fieldsOf(readFrame(frame)), readFrame(frame).payload])
      }),
    )
  })

  test('of version 1 stays readable, and is fresh as long as it is there', async () => {
    const codec = codecOf({ serializer: 'raw' })
    const opened = codec.open(Buffer.from('\xc1\x01\x01\x03rawhi', 'latin1'), 'k')
    expect(opened.fields.freshness).toBeUndefined()
    expect(await opened.read()).toStrictEqual(Buffer.from('hi'))
  })

  test('may be fresh for as long as 48 bits hold; what is longer is for ever, or nearly', () => {
    const longest = { until: 2 ** 48 - 1, ttl: 2 ** 48 - 1 }
    expect(freshnessOf({ ttl: Number.MAX_SAFE_INTEGER, grace: 0 }, 5)).toStrictEqual(longest)
    expect(readFrame(frameHeader({ freshness: longest })).freshness).toStrictEqual(longest)
  })

  test.for<[what: string, frame: string]>([
    ['only the mark', '\xc1'],
    ['a freshness that is cut off', '\xc1\x02\x01\0\0\0\0\0\0\0\x01\0\0\0\0\0\0\0'],
    ['a freshness of its own header that is cut off', '\xc1\x02\x00\0\0\0\0\0\0\0\x01\0\0\0\0\0\0\0'],
    ['a time that is none', '\xc1\x02\x01\x01\0\0\0\0\0\0\x01\0\0\0\0\0\0\0\0\x03rawx'],
    ['a ttl that is none', '\xc1\x02\x01\0\0\0\0\0\0\0\x01\0\x01\0\0\0\0\0\0\x03rawx'],
    ['no fields behind its freshness', `\xc1\x02\x01${'\0'.repeat(16)}`],
    ['no flags', '\xc1\x01'],
    ['a version that comes later', '\xc1\x03\x01\x03raw'],
    ['a flag that comes later', '\xc1\x01\x09\x03raw'],
    ['a field that is missing', '\xc1\x01\x01'],
    ['a field that is cut off', '\xc1\x01\x01\x03ra'],
    ['a second field that is cut off', '\xc1\x01\x03\x03raw\x05zstd'],
    ['a serializer that is not known', '\xc1\x01\x01\x04jsonx'],
    ['a compressor that is not known', '\xc1\x01\x03\x03raw\x04zstdx'],
    ['a number that is none', '\xc1\x01\x00x'],
    ['a key that is not known', '\xc1\x01\x05\x03raw\x01ax'],
  ])('with %s is a CodecError', async ([, frame]) => {
    expect((await failure(decoding({ serializer: 'raw' }, Buffer.from(frame, 'latin1')))).code).toBe('E_CODEC')
  })

  test('says what is missing here', async () => {
    const packed = await stored(codecOf({ format: 'framed', compressor: 'gzip' }), 'x'.repeat(20))
    expect((await failure(decoding({ serializer: 'raw', decoders: ['json'] }, packed))).message).toBe(
      "decode: the value was written with the compressor 'gzip'; add it to decoders.",
    )
    expect((await failure(decoding({ serializer: 'raw', decoders: ['gzip'] }, packed))).message).toBe(
      "decode: the value was written with the serializer 'json'; add it to decoders.",
    )
    expect(await decoding({ serializer: 'raw', decoders: ['gzip', 'json'] }, packed)).toBe('x'.repeat(20))
  })

  test('whose payload is damaged is a CodecError of its step', async () => {
    const json = await stored(codecOf({ format: 'framed' }), { a: 1 })
    expect(await failure(decoding({ format: 'framed' }, json.subarray(0, -1)))).toMatchObject({ stage: 'deserialize' })
    const options: CodecOptions = { format: 'framed', compressor: 'zlib' }
    const packed = await stored(codecOf(options), 'x'.repeat(20))
    expect(await failure(decoding(options, packed.subarray(0, -1)))).toMatchObject({ stage: 'decompress' })
    expect(await failure(decoding({ ...options, maxDecodedBytes: 5 }, packed))).toMatchObject({ stage: 'decompress' })
  })
})

describe('values in frames', () => {
  test.for<CodecOptions>([
    { format: 'framed' },
    { format: 'framed', compressor: 'zlib' },
    { format: 'framed', serializer: 'msgpack', compressor: 'zstd', compressMinLength: 0 },
    { format: 'framed', serializer: richJson(), compressor: 'brotli', compressLevel: 1 },
    { format: 'framed', serializer: 'v8' },
  ])('come back as they were, whatever JSON can say: %o', async (options) => {
    const codec = codecOf(options)
    await fc.assert(
      fc.asyncProperty(jsonValue, async (value) => {
        expect(await roundTrip(codec, value)).toStrictEqual(value)
      }),
      { numRuns: 100 },
    )
  })

  test('are raw bytes by default, whatever they look like', async () => {
    const codec = codecOf({ serializer: 'raw', compressor: 'zlib' })
    for (const bytes of ['5', '-1.5', 'nan', '', 'x\x9c', '\xc1\x01\x01'].map((text) => Buffer.from(text, 'latin1')))
      expect(await roundTrip(codec, bytes)).toStrictEqual(bytes)
    await fc.assert(
      fc.asyncProperty(fc.uint8Array({ maxLength: 100 }), async (bytes) => {
        expect(await roundTrip(codec, bytes)).toStrictEqual(Buffer.from(bytes))
      }),
    )
  })

  test('do not hold numbers: those stay bare, so that the server can count', async () => {
    const codec = codecOf({ format: 'framed' })
    expect(codec.bareNumbers).toBe(true)
    expect(await codec.encode(5, 'k')).toBe('5')
  })

  test('hold numbers that have a freshness, and say that there is no value', async () => {
    const codec = codecOf({ format: 'framed' })
    for (const value of [5, -0.5, 2n ** 70n]) {
      const opened = codec.open(await codec.encode(value, 'k', undefined, fresh), 'k')
      expect(opened.fields.freshness).toStrictEqual(fresh)
      expect(opened.read()).toBe(value)
    }
    const nothing = codec.open(codec.encodeAbsence('k', fresh), 'k')
    expect(nothing.fields.freshness).toStrictEqual(fresh)
    expect(nothing.read()).toBeUndefined()
  })

  test("are read beside what is in Django's format", async () => {
    const framed = codecOf({ format: 'framed', serializer: 'msgpack', compressor: 'zlib', decoders: ['json'] })
    for (const options of [{}, { compressor: 'zlib' }, { serializer: 'msgpack' }] satisfies CodecOptions[])
      for (const value of [{ text: 'abc'.repeat(20) }, 'a', null, true, 7])
        expect(await framed.decode(await stored(codecOf(options), value), 'k')).toStrictEqual(value)
    const raw = codecOf({ serializer: 'raw' })
    expect(await raw.decode(Buffer.from('unframed'), 'k')).toStrictEqual(Buffer.from('unframed'))
    expect(await raw.decode(Buffer.from('5'), 'k')).toBe(5)
  })
})
