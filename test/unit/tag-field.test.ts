import fc from 'fast-check'
import { expect, test } from 'vitest'
import { readFrame } from '../../src/codec/frame.js'
import { readTagField, writeTagField, type Tagging } from '../../src/codec/tag-field.js'
import { CodecError } from '../../src/errors.js'
import { codecOf } from '../support/codecs.js'

const tag = fc.string({ minLength: 1, maxLength: 40, unit: 'grapheme' })
const tagging = fc.record(
  { stamp: fc.nat({ max: 2 ** 47 }), tags: fc.array(tag, { maxLength: 20 }) },
  { noNullPrototype: true },
)
const freshness = { until: 1_796_000_000_000, ttl: 60_000 }
const key = 'k'

test('the field of a frame gives back its stamp and its tags', () => {
  fc.assert(
    fc.property(tagging, (one) => {
      expect(readTagField(writeTagField(one))).toStrictEqual(one)
    }),
  )
})

test('a field that was cut off is a CodecError, or has fewer tags', () => {
  fc.assert(
    fc.property(tagging, fc.nat({ max: 200 }), ({ stamp, tags }, length) => {
      const field = writeTagField({ stamp, tags })
      const part = (): Tagging => readTagField(field.subarray(0, Math.min(length, field.length)))
      try {
        expect(tags.slice(0, part().tags.length)).toStrictEqual(part().tags)
      } catch (error) {
        expect(error).toBeInstanceOf(CodecError)
      }
    }),
  )
})

test.for(['json', 'msgpack'] as const)('a value of %s keeps its tags, its freshness and itself', async (serializer) => {
  const codec = codecOf({ format: 'framed', serializer, compressor: 'zlib', compressMinLength: 10 })
  await fc.assert(
    fc.asyncProperty(tagging, fc.constantFrom(5, 'text', { long: 'x'.repeat(50) }, null), async (one, value) => {
      const { fields, read } = codec.open(await codec.encode(value, key, undefined, freshness, one), key)
      expect(fields.freshness).toStrictEqual(freshness)
      expect(readTagField(fields.tagField!)).toStrictEqual(one)
      expect(await read()).toStrictEqual(value)
    }),
  )
})

test('a frame of tags is one of version 2, with a flag and a length of 4 bytes', async () => {
  const tagged = { stamp: 258, tags: ['ab', 'c'] }
  const frame = Buffer.from(await codecOf({ serializer: 'raw' }).encode('hi', key, undefined, freshness, tagged))
  expect(frame.subarray(0, 3).toString('hex')).toBe('c10209')
  expect(frame.subarray(19).toString('latin1')).toBe('\x03raw\0\0\0\x0f\0\0\0\0\0\0\x01\x02\0\x02ab\0\x01chi')
})

test('tags cannot be changed where values are encrypted', async () => {
  const codec = codecOf({ encryption: { keys: [{ id: 'a', key: Buffer.alloc(32, 1) }] } })
  const tagged = { stamp: 7, tags: ['a'] }
  const frame = Buffer.from(await codec.encode('secret', key, undefined, freshness, tagged))
  expect(await codec.decode(frame, key)).toBe('secret')
  const at = frame.indexOf(writeTagField(tagged))
  frame.writeUInt8(8, at + 7)
  expect(() => codec.decode(frame, key)).toThrow(CodecError)
})

test.for<[what: string, frame: string]>([
  ['is not whole', '\0\0\0\x09'],
  ['has no length', '\0\0'],
])('a frame whose field of tags %s is a CodecError', ([, behind]) => {
  const header = Buffer.concat([Buffer.from([0xc1, 2, 8]), Buffer.alloc(16)])
  expect(() => readFrame(Buffer.concat([header, Buffer.from(behind, 'latin1')]))).toThrow(CodecError)
})
