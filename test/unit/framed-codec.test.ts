import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { frameHeader, readFrame } from '../../src/codec/frame.js'
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

  test.for<[what: string, frame: string]>([
    ['only the mark', '\xc1'],
    ['no flags', '\xc1\x01'],
    ['a version that comes later', '\xc1\x02\x01\x03raw'],
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
