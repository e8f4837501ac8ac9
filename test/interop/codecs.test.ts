import { describe, expect } from 'vitest'
import { fromDjangoSettings } from '../../src/config/django/index.js'
import type { Cache } from '../../src/index.js'
import { at } from '../support/caches.js'
import { test as base } from '../support/python.js'

/** Classes of django-valkey, and what Python's side of the tests calls them. */
const serializers = [
  ['json.JSONSerializer', 'json'],
  ['msgpack.MSGPackSerializer', 'msgpack'],
  ['pickle.PickleSerializer', 'pickle'],
] as const
const compressors = [
  ['identity.IdentityCompressor', 'identity'],
  ['zlib.ZlibCompressor', 'zlib'],
  ['gzip.GzipCompressor', 'gzip'],
  ['brotli.BrotliCompressor', 'brotli'],
  ['zstd.ZStdCompressor', 'zstd'],
  ['lz4.Lz4Compressor', 'lz4'],
  ['bz2.Bz2Compressor', 'bz2'],
  ['lzma.LzmaCompressor', 'lzma'],
] as const
const kinds = serializers.flatMap((serializer) => compressors.map((compressor) => [serializer, compressor] as const))

/** Short and long, easy and hard to compress: as Python writes them, and as they are here. */
const values: readonly (readonly [python: string, value: unknown])[] = [
  ['None', null],
  ["'hi'", 'hi'],
  ["'sixteen letters!'", 'sixteen letters!'],
  ["'é😀' * 50_000", 'é😀'.repeat(50_000)],
  ["{'a': [1, -1, 2.5, None, True, {'b': 'c'}], '': []}", { a: [1, -1, 2.5, null, true, { b: 'c' }], '': [] }],
  ["[str(n * 7919 % 65_537) for n in range(20_000)]", Array.from({ length: 20_000 }, (_, n) => String((n * 7919) % 65_537))], // prettier-ignore
]

/** Makes a cache of the classes that Django's settings name. */
const test = base.extend('cacheOf', ({ server, make }) => (SERIALIZER: string, COMPRESSOR: string): Cache => {
  const OPTIONS = {
    SERIALIZER: `django_valkey.serializers.${SERIALIZER}`,
    COMPRESSOR: `django_valkey.compressors.${COMPRESSOR}`,
  }
  const settings = { CACHES: { cache: { LOCATION: at(server), OPTIONS } } }
  return make(fromDjangoSettings(settings, { logger: { warn: () => {} } })).cache
})

describe.for(kinds)('%j', ([[serializer, serializes], [compressor, compresses]]) => {
  const pythons = `cache('${serializes}', '${compresses}')`

  test('what Python wrote is read here', async ({ python, cacheOf }) => {
    const cache = cacheOf(serializer, compressor)
    for (const [code, value] of values) {
      await python(`${pythons}.set('k', ${code})`)
      expect(await cache.get('k')).toStrictEqual(value)
    }
  })

  test('what was written here is read by Python', async ({ python, cacheOf }) => {
    const cache = cacheOf(serializer, compressor)
    for (const [code, value] of values) {
      await cache.set('k', value)
      expect(await python(`${pythons}.get('k') == ${code}`)).toBe('True')
    }
  })
})

/** What MessagePack has beyond JSON. */
const packed: readonly (readonly [python: string, value: unknown])[] = [
  ["b'\\x00\\xff'", Buffer.from([0, 255])],
  ['[2**53, 2**64 - 1, -(2**63)]', [2n ** 53n, 2n ** 64n - 1n, -(2n ** 63n)]],
  ["{b'key': b''}", new Map([[Buffer.from('key'), Buffer.of()]])],
]

test.for(packed)('msgpack: %s is the same for both', async ([code, value], { python, cacheOf }) => {
  const cache = cacheOf('msgpack.MSGPackSerializer', 'identity.IdentityCompressor')
  await python(`cache('msgpack').set('k', ${code})`)
  expect(await cache.get('k')).toStrictEqual(value)
  await cache.set('k', value)
  expect(await python(`cache('msgpack').get('k')`)).toBe(await python(code))
})

test('msgpack: a Date is a Timestamp', async ({ python, cacheOf }) => {
  const cache = cacheOf('msgpack.MSGPackSerializer', 'identity.IdentityCompressor')
  await cache.set('k', new Date(1_700_000_000_123))
  expect(await python(`cache('msgpack').get('k').to_datetime().isoformat()`)).toBe("'2023-11-14T22:13:20.123000+00:00'")
  await python(`cache('msgpack').set('k', cache('msgpack').get('k'))`)
  expect(await cache.get('k')).toStrictEqual(new Date(1_700_000_000_123))
})

/** How Python may be told to compress, beyond the level. */
const variants = [
  ['lzma.LzmaCompressor', 'import lzma', 'lzma.compress(data, check=lzma.CHECK_NONE)'],
  ['lzma.LzmaCompressor', 'import lzma', 'lzma.compress(data, check=lzma.CHECK_CRC32)'],
  ['lz4.Lz4Compressor', 'import lz4.frame', 'lz4.frame.compress(data, content_checksum=True, store_size=False)'],
  ['lz4.Lz4Compressor', 'import lz4.frame', 'lz4.frame.compress(data, block_size=4, block_linked=False)'],
  ['brotli.BrotliCompressor', 'import brotli', 'brotli.compress(data, mode=brotli.MODE_TEXT, lgwin=24, lgblock=16)'],
  ['zstd.ZStdCompressor', 'import zstandard', 'zstandard.ZstdCompressor(level=19, write_checksum=True).compress(data)'],
  ['zstd.ZStdCompressor', 'import zstandard', 'zstandard.ZstdCompressor(write_content_size=False).compress(data)'],
] as const

test.for(variants)('%s reads %s; %s', async ([compressor, imports, code], { python, cacheOf }) => {
  await python(`${imports}\ndata = b'"' + b'compressed ' * 100_000 + b'"'\nclient.set(':1:k', ${code})`)
  expect(await cacheOf('json.JSONSerializer', compressor).get('k')).toBe('compressed '.repeat(100_000))
})
