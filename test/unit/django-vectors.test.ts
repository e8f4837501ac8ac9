import { describe, expect, test } from 'vitest'
import { JsonCodec } from '../../src/codec/json-codec.js'
import { formatNumber } from '../../src/codec/numbers.js'
import { KeyMaker } from '../../src/keys/key-maker.js'
import vectors from '../interop/django-vectors.json' with { type: 'json' }

/** What django-valkey wrote: see test/interop. Its `reverse` and `original_key` are defects and not ours to match. */
const values = vectors.values
  .filter(({ serializer, compressor }) => serializer === 'json' && compressor === 'identity')
  .map(({ name, json, bytes_b64 }) => ({ name, value: readJson(json), bytes: Buffer.from(bytes_b64, 'base64') }))
const numbers = values.flatMap(({ name, value, bytes }) =>
  typeof value === 'number' || typeof value === 'bigint' ? [{ name, value, bytes }] : [],
)

test('the vectors are there', () => {
  expect(vectors).toMatchObject({ keys: { length: 5 }, patterns: { length: 3 }, values: { length: 490 } })
  expect(values).toHaveLength(14)
  expect(numbers).toHaveLength(7)
})

test.for(vectors.keys)('the key $key of version $version and prefix "$prefix" is $made', (vector) => {
  expect(new KeyMaker(vector.prefix, vector.version).make(vector.key)).toBe(vector.made)
  expect(new KeyMaker(vector.prefix, 9).make(vector.key, vector.version)).toBe(vector.made)
})

/** Python leaves a backslash in the prefix as it is, and then it matches something else. */
const patterns = vectors.patterns.map(({ prefix, made, ...others }) => ({
  ...others,
  prefix: prefix.replace('\\', ''),
  made: made.replace('\\', ''),
}))

test.for(patterns)('the pattern $pattern of version $version and prefix "$prefix" is $made', (vector) => {
  expect(new KeyMaker(vector.prefix, vector.version).pattern(vector.pattern)).toBe(vector.made)
})

describe('the value that Python stored as JSON, or as a bare number,', () => {
  test.for(values)('is read as what it was: $name', ({ value, bytes }) => {
    expect(new JsonCodec().decode(bytes.toString())).toStrictEqual(value)
    expect(new JsonCodec().decode(bytes)).toStrictEqual(value)
  })

  test.for(values)('is read by Python when we store it: $name', ({ value }) => {
    expect(readJson(String(new JsonCodec().encode(value)))).toStrictEqual(value)
  })
})

describe('a number', () => {
  test.for(numbers.filter(({ name }) => name !== 'float_int'))(
    'has the same bytes as in Python: $name',
    ({ value, bytes }) => {
      expect(formatNumber(value)).toBe(bytes.toString())
    },
  )

  test('that is a whole float in Python has no like here: it is written as digits', () => {
    expect(new JsonCodec().decode('3.0')).toBe(3)
    expect(formatNumber(3)).toBe('3')
  })
})

/** JSON as Python reads it: digits are whole numbers of any size. */
function readJson(text: string): unknown {
  if (!/^-?\d+$/.test(text)) return JSON.parse(text)
  return Number.isSafeInteger(Number(text)) ? Number(text) : BigInt(text)
}
