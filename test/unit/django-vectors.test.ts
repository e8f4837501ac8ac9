import { describe, expect, test } from 'vitest'
import { formatNumber } from '../../src/codec/numbers.js'
import type { CodecOptions } from '../../src/codec/options.js'
import { KeyMaker } from '../../src/keys/key-maker.js'
import vectors from '../interop/django-vectors.json' with { type: 'json' }
import { codecOf } from '../support/codecs.js'

/** How a cache must be set up that reads what each of Python's serializers wrote. */
const serializers: Readonly<Record<string, CodecOptions>> = {
  json: { serializer: 'json' },
  msgspec_json: { serializer: 'json' },
  msgpack: { serializer: 'msgpack' },
  msgspec_msgpack: { serializer: 'msgpack' },
  pickle: { serializer: 'pickle' },
}
const compressors: Readonly<Record<string, CodecOptions>> = {
  identity: {},
  zlib: { compressor: 'zlib' },
  gzip: { compressor: 'gzip' },
  brotli: { compressor: 'brotli' },
  lz4: { compressor: 'lz4' },
  bz2: { decoders: ['bz2'] },
  lzma: { decoders: ['xz'] },
}

/** What django-valkey wrote: see test/interop. Its `reverse` and `original_key` are defects and not ours to match. */
const values = vectors.values
  .filter(({ serializer }) => serializer in serializers)
  .map(({ json, bytes_b64, ...vector }) => ({
    ...vector,
    options: { ...serializers[vector.serializer], ...compressors[vector.compressor] },
    value: readJson(json),
    bytes: Buffer.from(bytes_b64, 'base64'),
  }))
const numbers = values
  .filter(({ serializer, compressor }) => serializer === 'json' && compressor === 'identity')
  .flatMap(({ name, value, bytes }) =>
    typeof value === 'number' || typeof value === 'bigint' ? [{ name, value, bytes }] : [],
  )

test('the vectors are there', () => {
  expect(vectors).toMatchObject({ keys: { length: 5 }, patterns: { length: 3 }, values: { length: 490 } })
  expect(values).toHaveLength(14 * Object.keys(serializers).length * Object.keys(compressors).length)
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

describe('the value that Python stored', () => {
  test.for(values)(
    'with $serializer and $compressor is read as what it was: $name',
    async ({ value, bytes, options }) => {
      expect(await codecOf(options).decode(bytes, 'k')).toStrictEqual(value)
      expect(await codecOf({ ...options, format: 'framed' }).decode(bytes, 'k')).toStrictEqual(value)
    },
  )

  test.for(values)('with $serializer and $compressor is read among all others: $name', async ({ value, bytes }) => {
    const { serializer, compressor } = { serializer: 'json', compressor: 'zlib' } as const
    const decoders = ['msgpack', 'pickle', 'v8', 'lz4', 'gzip', 'brotli', 'bz2', 'xz', 'zstd'] as const
    expect(await codecOf({ serializer, compressor, decoders }).decode(bytes, 'k')).toStrictEqual(value)
  })

  const texts = values.filter(({ serializer, compressor }) => serializer.endsWith('json') && compressor === 'identity')
  test.for(texts)('with $serializer is read from text: $name', ({ value, bytes }) => {
    expect(codecOf().reads).toBe('text')
    expect(codecOf().decode(bytes.toString(), 'k')).toStrictEqual(value)
  })
})

test.for(values)('the value that we store with $serializer and $compressor is read back: $name', async (vector) => {
  const { value, options } = vector
  expect(await codecOf(options).decode(await codecOf(options).encode(value, 'k'), 'k')).toStrictEqual(value)
})

test.for(values.filter(({ serializer, compressor }) => compressor === 'identity' && serializer.includes('msg')))(
  'the value that we store has the same bytes as in Python with $serializer: $name',
  async ({ name, value, bytes, options }) => {
    const written = Buffer.from(await codecOf(options).encode(value, 'k'))
    expect(written.toString('latin1')).toBe(name === 'float_int' ? '3' : bytes.toString('latin1'))
  },
)

describe('a number', () => {
  test.for(numbers.filter(({ name }) => name !== 'float_int'))(
    'has the same bytes as in Python: $name',
    ({ value, bytes }) => {
      expect(formatNumber(value)).toBe(bytes.toString())
    },
  )

  test('that is a whole float in Python has no like here: it is written as digits', () => {
    expect(codecOf().decode('3.0', 'k')).toBe(3)
    expect(formatNumber(3)).toBe('3')
  })
})

/** JSON as Python reads it: digits are whole numbers of any size. */
function readJson(text: string): unknown {
  if (!/^-?\d+$/.test(text)) return JSON.parse(text)
  return Number.isSafeInteger(Number(text)) ? Number(text) : BigInt(text)
}
