import { expectTypeOf, test } from 'vitest'
import {
  createCaches,
  richJson,
  type Cache,
  type CacheOptions,
  type Key,
  type Milliseconds,
  type TopologyEvent,
} from '../../src/index.js'
import { fromDjangoSettings } from '../../src/config/django/index.js'

const caches = createCaches({ default: {}, sessions: { ttl: '1h' } })
const cache = caches.default

test('caches stand under their names, and no others', () => {
  expectTypeOf(caches.default).toEqualTypeOf<Cache>()
  expectTypeOf(caches.sessions).toEqualTypeOf<Cache>()
  expectTypeOf(caches).not.toHaveProperty('missing')
  expectTypeOf(caches.close).returns.resolves.toBeVoid()
})

test('a value has the type that is asked for, or is undefined', () => {
  expectTypeOf(cache.get<{ id: number }>('k')).resolves.toEqualTypeOf<{ id: number } | undefined>()
  expectTypeOf(cache.get('k')).resolves.toBeUnknown()
  expectTypeOf(cache.getMany<string>(['a'])).resolves.toEqualTypeOf<Map<Key, string>>()
})

test('getOrSet gives what the loader gives', () => {
  expectTypeOf(cache.getOrSet('k', async () => ({ rows: 3 }))).resolves.toEqualTypeOf<{ rows: number }>()
  expectTypeOf(cache.getOrSet('k', () => 5)).resolves.toEqualTypeOf<number>()
  expectTypeOf(
    cache.getOrSet('k', ({ signal }) => fetch('http://localhost', { signal }).then(() => 'x')),
  ).resolves.toEqualTypeOf<string>()
})

test('other results', () => {
  expectTypeOf(cache.set('k', 1)).resolves.toBeBoolean()
  expectTypeOf(cache.setMany(new Map([['k', 1]]))).resolves.toEqualTypeOf<Key[]>()
  expectTypeOf(cache.incr('k')).resolves.toEqualTypeOf<number | bigint>()
  expectTypeOf(cache.ttl('k')).resolves.toEqualTypeOf<Milliseconds | null | undefined>()
  expectTypeOf(cache.clear()).resolves.toBeNumber()
})

test('durations are numbers or literals with a unit', () => {
  expectTypeOf<{ ttl: '5m' }>().toExtend<CacheOptions>()
  expectTypeOf<{ ttl: null; readDeadline: 500 }>().toExtend<CacheOptions>()
  expectTypeOf<{ ttl: '5 minutes' }>().not.toExtend<CacheOptions>()
  expectTypeOf<{ readDeadline: null }>().not.toExtend<CacheOptions>()
})

test('serializers, compressors and decoders are names or your own', () => {
  expectTypeOf<{
    serializer: 'msgpack'
    compressor: 'zstd'
    decoders: ['json', 'bz2', 'xz']
  }>().toExtend<CacheOptions>()
  createCaches({ default: { serializer: richJson(), compressor: 'brotli', compressLevel: 5, decoders: [richJson()] } })
  createCaches({ default: { encryption: { keys: [{ id: 'k1', key: new Uint8Array(32) }], readPlain: true } } })
  createCaches({ default: { serializer: { name: 'own', serialize: String, deserialize: (bytes) => bytes.length } } })
  // @ts-expect-error xz can be read, and not written
  createCaches({ default: { compressor: 'xz' } })
  // @ts-expect-error richJson makes a serializer
  createCaches({ default: { serializer: richJson } })
})

test('options are checked by name and value', () => {
  // @ts-expect-error no such option
  createCaches({ default: { colour: 'red' } })
  // @ts-expect-error no such client
  createCaches({ default: { client: 'redis' } })
  // @ts-expect-error a key is a text or a number
  void cache.get({ id: 1 })
  // @ts-expect-error no such preference
  void cache.get('k', { readFrom: 'furthest' })
  void cache.get('k', { readFrom: (nodes) => nodes.find(({ role, lag }) => role === 'replica' && (lag ?? 0) < 100) })
})

test('an event has the type of its name', () => {
  cache.on('primary-changed', (event) => {
    expectTypeOf(event).toEqualTypeOf<Extract<TopologyEvent, { type: 'primary-changed' }>>()
    expectTypeOf(event.epoch).toBeNumber()
  })
  // @ts-expect-error no such event
  cache.on('failover', () => {})
})

test("Django's caches keep their names", () => {
  const options = fromDjangoSettings({ CACHES: { default: { LOCATION: 'valkey://127.0.0.1:6379/0' } } })
  expectTypeOf(options.default).toEqualTypeOf<CacheOptions>()
  const caches = createCaches(options)
  expectTypeOf(caches.default).toEqualTypeOf<Cache>()
  expectTypeOf(caches).not.toHaveProperty('missing')
})
