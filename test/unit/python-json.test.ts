import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { jsonSerializer } from '../../src/codec/serializers/json.js'
import { pythonJson } from '../../src/codec/python-json.js'
import { TextCodec } from '../../src/codec/text-codec.js'
import { CodecError } from '../../src/errors.js'
import vectors from '../interop/django-vectors.json' with { type: 'json' }

const encodeMember = (value: unknown): string => new TextCodec(jsonSerializer, []).encodeMember(value)

describe('a value as Python writes it', () => {
  test.for<[text: string, value: unknown]>([
    ['{"a": [1, 2, {"b": null}], "c": true}', { a: [1, 2, { b: null }], c: true }],
    ['[]', []],
    ['{}', {}],
    ['"a,b:c"', 'a,b:c'],
    ['{"a,b": ": "}', { 'a,b': ': ' }],
    ['"\\"\\\\,\\n\\u0001\\t/"', '"\\,\n\u0001\t/'],
    ['"\\u00e9\\ud83d\\ude00\\u2028\\u007f"', 'é😀\u2028\u007f'],
    ['"\\ud800"', '\ud800'],
    [
      '[1.5, 1e-07, 1e+20, 1.7976931348623157e+308, 0, 9007199254740992.0]',
      [1.5, 1e-7, 1e20, Number.MAX_VALUE, 0, 2 ** 53],
    ],
    ['"2024-01-02T03:04:05.678Z"', new Date('2024-01-02T03:04:05.678Z')],
    ['[null, null]', [NaN, undefined]],
    ['{"\\u00e9": 1}', { é: 1, dropped: undefined }],
  ])('is %s', ([text, value]) => {
    expect(encodeMember(value)).toBe(text)
  })

  test('reads back as JSON would', () => {
    fc.assert(
      fc.property(fc.jsonValue(), (value) => {
        expect(JSON.parse(pythonJson(JSON.stringify(value)))).toStrictEqual(JSON.parse(JSON.stringify(value)))
      }),
    )
  })

  const named = vectors.values.filter(
    ({ serializer, compressor }) => serializer === 'json' && compressor === 'identity',
  )

  test.for(named)('has the bytes of django-valkey: $name', ({ json, bytes_b64 }) => {
    const bytes = Buffer.from(bytes_b64, 'base64').toString()
    if (/^-?[\d.]+(e[+-]?\d+)?$/.test(bytes)) return
    expect(encodeMember(JSON.parse(json))).toBe(bytes)
  })
})

describe('a member', () => {
  test('that is a number is bare, as Python writes it', () => {
    expect([5, -0, 1.5, 1e20, 2n ** 70n].map(encodeMember)).toStrictEqual([
      '5',
      '-0.0',
      '1.5',
      '1e+20',
      String(2n ** 70n),
    ])
  })

  test('that is no value is refused', () => {
    const cycle: unknown[] = []
    cycle.push(cycle)
    for (const value of [undefined, () => 1, Symbol('s')]) expect(() => encodeMember(value)).toThrow(TypeError)
    for (const value of [NaN, Infinity, cycle, [1n]]) expect(() => encodeMember(value)).toThrow(CodecError)
  })

  test('that is long is written in little time', () => {
    const long = `${'\\"é'.repeat(300_000)}${'x'.repeat(5_000_000)}`
    expect(JSON.parse(encodeMember([long, long]))).toStrictEqual([long, long])
  })
})

test('a text of millions of escapes is written, and read beside what JSON has not', () => {
  const text = '\n"\\'.repeat(3_000_000)
  expect(encodeMember([text, 1])).toBe(`[${JSON.stringify(text)}, 1]`)
  const codec = new TextCodec(jsonSerializer, [])
  expect(codec.decode(`[${JSON.stringify(text)},NaN,-Infinity]`)).toStrictEqual([text, NaN, -Infinity])
})
