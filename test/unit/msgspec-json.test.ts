import { describe, expect, test } from 'vitest'
import { createCodec } from '../../src/codec/create-codec.js'
import { resolveCodec, type CodecOptions } from '../../src/codec/options.js'
import { writeMsgpack } from '../../src/codec/serializers/msgpack/writer.js'
import { msgspecJson } from '../../src/codec/serializers/msgspec-json.js'
import { CodecError } from '../../src/errors.js'
import vectors from '../interop/msgspec-vectors.json' with { type: 'json' }

const codecOf = (options: CodecOptions = {}): ReturnType<typeof createCodec> =>
  createCodec(resolveCodec({ serializer: msgspecJson(), ...options }, String))

describe('a member of a set', () => {
  test.for(vectors.json)('is written as msgspec writes it: $text', async ({ value, text }) => {
    expect(codecOf().encodeMember(value, 'k')).toBe(text)
    const compressing = codecOf({ compressor: 'zlib', compressMinLength: 10_000 })
    expect(String(await compressing.encodeMember(value, 'k'))).toBe(text)
    expect(codecOf().decode(text, 'k')).toStrictEqual(value)
  })

  test.for([
    [1e16, '1e+16'],
    [1e-7, '1e-07'],
    [7, '7'],
  ] as const)('that is a number is bare, as Python has it: %d', ([value, text]) => {
    expect(codecOf().encodeMember(value, 'k')).toBe(text)
  })
})

describe('text with half of a surrogate pair', () => {
  test.for(['\ud83d', 'a\udc00b', '\\\ud800', '\\\\\udfff'])('is a CodecError, for msgspec refuses it: %j', (text) => {
    const codec = codecOf()
    for (const value of [text, { [text]: 1 }, [[text]]]) {
      expect(() => codec.encode(value, 'k')).toThrow(CodecError)
      expect(() => codec.encodeMember(value, 'k')).toThrow(CodecError)
    }
  })

  test.for(['😀', '\\ud83d', '\\\\ud83d', '\\\\\\udc00', '"\\ud83d"'])('is not what this is: %j', (text) => {
    expect(codecOf().decode(codecOf().encode(text, 'k') as string, 'k')).toBe(text)
  })

  test('is looked for in a time that grows with the text', () => {
    const text = '\\\\'.repeat(1_000_000)
    expect(codecOf().decode(codecOf().encodeMember(`${text}ud800`, 'k') as string, 'k')).toBe(`${text}ud800`)
    expect(() => codecOf().encode(`${text}\ud800`, 'k')).toThrow(CodecError)
  })

  test('is written by plain JSON, whose Python side reads it', () => {
    expect(codecOf({ serializer: 'json' }).encode('\ud83d', 'k')).toBe('"\\ud83d"')
  })
})

describe('a Date in MessagePack', () => {
  test.for(vectors.moments)('has the form that msgspec gives it: $iso', ({ iso, msgpack }) => {
    expect(writeMsgpack(new Date(iso)).toString('hex')).toBe(msgpack)
  })
})
