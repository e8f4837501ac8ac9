import { randomBytes } from 'node:crypto'
import { describe, expect, test } from 'vitest'
import { createCodec } from '../../src/codec/create-codec.js'
import { loadOptional } from '../../src/codec/optional.js'
import { resolveCodec, type CodecOptions } from '../../src/codec/options.js'
import { jsonSerializer } from '../../src/codec/serializers/json.js'
import { rawSerializer } from '../../src/codec/serializers/raw.js'
import { richJson } from '../../src/codec/serializers/rich-json.js'
import { v8Problem } from '../../src/codec/serializers/v8.js'
import { ConfigurationError } from '../../src/errors.js'

const resolved = (options: CodecOptions): ReturnType<typeof resolveCodec> => resolveCodec(options, (option) => option)
const own = { name: 'own', serialize: String, deserialize: String }
const squeeze = { name: 'squeeze', compress: (bytes: Uint8Array) => bytes, decompress: (bytes: Uint8Array) => bytes }
const key = { id: 'k1', key: randomBytes(32) }

test('by default values are JSON that Django reads, as they are', () => {
  expect(resolved({})).toStrictEqual({
    serializer: jsonSerializer,
    compressor: undefined,
    compressMinLength: 15,
    maxDecodedBytes: 64 * 1024 * 1024,
    maxDecodedValues: 4_000_000,
    decoders: { serializers: [], compressors: [] },
    format: 'django',
    encryption: undefined,
    herdTimeout: undefined,
  })
})

describe('the format', () => {
  test.for<[format: string, options: CodecOptions]>([
    ['django', { serializer: 'json' }],
    ['django', { serializer: richJson() }],
    ['django', { serializer: 'msgpack', compressor: 'brotli', decoders: ['raw'] }],
    ['django', { serializer: 'v8' }],
    ['framed', { serializer: 'raw' }],
    ['framed', { serializer: own }],
    ['framed', { encryption: { keys: [key] } }],
    ['framed', { serializer: 'json', format: 'framed' }],
    ['django', { serializer: 'raw', format: 'django' }],
    ['django', { serializer: own, format: 'django', compressor: 'zlib' }],
  ])('is %s for %o', ([format, options]) => {
    expect(resolved(options).format).toBe(format)
  })
})

test('replies are text where nothing needs bytes', () => {
  const reads = (options: CodecOptions): string => createCodec(resolved(options)).reads
  expect([{}, { serializer: richJson(), decoders: ['json'] as const }].map(reads)).toStrictEqual(['text', 'text'])
  const others: CodecOptions[] = [{ compressor: 'zlib' }, { decoders: ['msgpack'] }, { decoders: ['bz2'] }, { format: 'framed' }] // prettier-ignore
  expect(others.map(reads)).toStrictEqual(others.map(() => 'buffer'))
})

test('decoders may be names and objects, serializers and compressors', () => {
  const { decoders } = resolved({ decoders: ['xz', own, 'raw', squeeze, 'zlib'] })
  expect(decoders.serializers).toStrictEqual([own, rawSerializer])
  expect(decoders.compressors.map(({ name }) => name)).toStrictEqual(['xz', 'squeeze', 'zlib'])
})

describe('an option that cannot be used is a ConfigurationError with its path', () => {
  test.for<[path: string, options: object, problem: RegExp]>([
    [
      'serializer',
      { serializer: 'yaml' },
      /expected 'json', 'msgpack', .* or { name, serialize, deserialize }, got 'yaml'/,
    ],
    ['serializer', { serializer: null }, /null/],
    ['serializer', { serializer: 'toString' }, /'toString'/],
    ['serializer', { serializer: { name: 'own', serialize: String } }, /got an object/],
    ['serializer', { serializer: { ...own, name: '' } }, /got an object/],
    ['serializer', { serializer: { ...own, name: 'é'.repeat(128) } }, /got an object/],
    ['serializer', { serializer: squeeze }, /got an object/],
    ['serializer', { serializer: richJson }, /got a function/],
    ['compressor', { compressor: 'rar' }, /expected 'none', 'zlib', 'gzip', 'brotli', 'zstd', 'lz4' or { name, /],
    ['compressor', { compressor: null }, /null/],
    ['compressor', { compressor: own }, /got an object/],
    ['compressor', { compressor: 'bz2' }, /can be read here and not written; name it in decoders/],
    ['compressor', { compressor: 'xz' }, /can be read here and not written; name it in decoders/],
    ['compressLevel', { compressLevel: 5 }, /'none' as compressor has no levels/],
    ['compressLevel', { compressLevel: 5, compressor: 'lz4' }, /'lz4' as compressor has no levels/],
    ['compressLevel', { compressLevel: 5, compressor: squeeze }, /has no levels/],
    ['compressLevel', { compressLevel: 10, compressor: 'zlib' }, /'zlib' has levels 1 to 9, got 10/],
    ['compressLevel', { compressLevel: 0, compressor: 'gzip' }, /at least 1, got 0/],
    ['compressLevel', { compressLevel: 12, compressor: 'brotli' }, /levels 0 to 11/],
    ['compressLevel', { compressLevel: 23, compressor: 'zstd' }, /levels 1 to 22/],
    ['compressLevel', { compressLevel: '5', compressor: 'zstd' }, /whole number/],
    ['compressMinLength', { compressMinLength: -1 }, /at least 0/],
    ['maxDecodedBytes', { maxDecodedBytes: 0 }, /at least 1/],
    ['maxDecodedBytes', { maxDecodedBytes: '1MB' }, /whole number/],
    ['maxDecodedValues', { maxDecodedValues: 0 }, /at least 1/],
    ['maxDecodedValues', { maxDecodedValues: 1.5 }, /whole number/],
    ['decoders', { decoders: 'zlib' }, /expected an array/],
    ['decoders', { decoders: null }, /expected an array/],
    ['decoders[1]', { decoders: ['zlib', 'none'] }, /expected 'json', .*'xz', or your own .*, got 'none'/],
    ['decoders[0]', { decoders: [{ name: 'x' }] }, /got an object/],
    ['format', { format: 'python' }, /expected 'django' or 'framed', got 'python'/],
    ['format', { format: null }, /null/],
    ['format', { format: 'django', encryption: { keys: [key] } }, /Python cannot read what is encrypted/],
    ['format', { format: 'django', serializer: 'raw', decoders: ['json'] }, /cannot be told from what decoders read/],
    ['encryption', { encryption: true }, /expected { keys: \[{ id, key }\] }, got true/],
    ['encryption', { encryption: null }, /null/],
    ['encryption.key', { encryption: { key: 'secret' } }, /unknown option; known are keys, readPlain/],
    ['encryption.readPlain', { encryption: { keys: [key], readPlain: 1 } }, /expected true or false, got 1/],
    ['encryption.keys', { encryption: {} }, /at least one/],
    ['encryption.keys', { encryption: { keys: [] } }, /at least one/],
    ['encryption.keys', { encryption: { keys: key } }, /at least one/],
    ['encryption.keys[0].id', { encryption: { keys: [null] } }, /a text of 1 to 255 bytes/],
    ['encryption.keys[0].id', { encryption: { keys: [{ ...key, id: '' }] } }, /a text of 1 to 255 bytes/],
    ['encryption.keys[0].id', { encryption: { keys: [{ ...key, id: 'x'.repeat(256) }] } }, /a text of 1 to 255 bytes/],
    ['encryption.keys[1].id', { encryption: { keys: [key, { ...key }] } }, /'k1' is the id of another key/],
    ['encryption.keys[0].key', { encryption: { keys: [{ id: 'a', key: 'secret' }] } }, /expected 32 bytes, or base64/],
    ['encryption.keys[0].key', { encryption: { keys: [{ id: 'a', key: randomBytes(16) }] } }, /expected 32 bytes/],
    ['encryption.keys[1].key', { encryption: { keys: [key, { id: 'a' }] } }, /expected 32 bytes/],
  ])('%s in %o', ([path, options, problem]) => {
    const error = refusal(() => resolved(options as CodecOptions))
    expect(error).toBeInstanceOf(ConfigurationError)
    expect(error).toMatchObject({ code: 'E_CONFIG', path, message: expect.stringMatching(problem) as string })
    expect((error as Error).message).not.toContain('secret')
  })
})

test("'v8' is refused where the runtime has another form in its place, as Bun has", () => {
  expect(v8Problem(process.versions)).toBe(process.versions.bun === undefined ? undefined : expect.any(String))
  expect(v8Problem({ node: '24.3.0', v8: '14.6.202.34-node.20' })).toBeUndefined()
  expect(v8Problem({ node: '24.3.0', v8: '14.6.202.34-node.20', bun: '1.4.5' })).toMatch(/Bun has another form/)
  const versions = Object.getOwnPropertyDescriptor(process, 'versions') as PropertyDescriptor
  Object.defineProperty(process, 'versions', { ...versions, value: { ...process.versions, bun: '1.4.5' } })
  try {
    for (const options of [{ serializer: 'v8' }, { decoders: ['v8'] }] as CodecOptions[])
      expect(refusal(() => resolved(options))).toMatchObject({ code: 'E_CONFIG', message: expect.stringMatching(/^(serializer|decoders\[0\]): 'v8' cannot be used here: Bun/) as string }) // prettier-ignore
    expect(resolved({ serializer: 'msgpack' }).serializer.name).toBe('msgpack')
  } finally {
    Object.defineProperty(process, 'versions', versions)
  }
})

test('a package that is missing is named, with what needs it', () => {
  const error = refusal(() => loadOptional('a-package-that-nobody-has', "'lz4'"))
  expect(error).toMatchObject({ code: 'E_UNSUPPORTED', message: "'lz4' needs the package a-package-that-nobody-has, which cannot be loaded here: npm install a-package-that-nobody-has" }) // prettier-ignore
  expect((error as Error).cause).toMatchObject({ code: 'MODULE_NOT_FOUND' })
})

function refusal(work: () => unknown): unknown {
  try {
    work()
  } catch (error) {
    return error
  }
  throw new Error('an error was expected')
}
