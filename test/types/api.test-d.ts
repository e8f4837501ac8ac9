import { expectTypeOf, test } from 'vitest'
import {
  createCaches,
  richJson,
  type Cache,
  type CacheOptions,
  type Key,
  type Milliseconds,
  type Pipeline,
  type Reply,
  type ReportContext,
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

test('getOrSetMany gives what the loader gives, under the keys that were given', () => {
  expectTypeOf(
    cache.getOrSetMany(['a', 1], async (missing) => missing.map((key): [Key, { rows: number }] => [key, { rows: 3 }])),
  ).resolves.toEqualTypeOf<Map<Key, { rows: number }>>()
  expectTypeOf(cache.getOrSetMany<number>(new Set(['a']), () => new Map([['a', 1]]))).resolves.toEqualTypeOf<
    Map<Key, number>
  >()
  expectTypeOf(cache.getOrSetMany).parameter(1).parameter(0).toEqualTypeOf<Key[]>()
  // @ts-expect-error pairs are asked for
  void cache.getOrSetMany(['a'], () => ['value'])
})

test('a wrapped function takes what the function takes, and gives a promise of what it returns', () => {
  const find = cache.wrap(async (id: number, deep?: boolean) => ({ id, deep }), { key: (id, deep) => `${id}:${deep}` })
  expectTypeOf(find).parameters.toEqualTypeOf<[id: number, deep?: boolean | undefined]>()
  expectTypeOf(find).returns.resolves.toEqualTypeOf<{ id: number; deep: boolean | undefined }>()
  expectTypeOf(cache.wrap(() => 5, { key: () => 'k', ttl: '1m', share: true })).returns.resolves.toBeNumber()
  const maybe = cache.wrap((id: number) => (id === 1 ? { id } : undefined), { key: String })
  expectTypeOf(maybe(1)).resolves.toEqualTypeOf<{ id: number } | undefined>()
  const ofUser = cache.wrap(
    function (this: { id: number }, field: string) {
      return `${this.id} ${field}`
    },
    { key: (field) => field },
  )
  expectTypeOf(ofUser).thisParameter.toEqualTypeOf<{ id: number }>()
  // @ts-expect-error it has no id
  void ofUser.call({ name: 'Ada' }, 'name')
  // @ts-expect-error a key is asked for
  cache.wrap(() => 5, { ttl: '1m' })
  // @ts-expect-error the key is made of what the function takes
  cache.wrap((id: number) => id, { key: (id: string) => id })
  // @ts-expect-error a signal belongs to one call
  cache.wrap(() => 5, { key: () => 'k', signal: AbortSignal.abort() })
  // @ts-expect-error a number is asked for
  void find('7')
})

test('a memo is a cache', () => {
  expectTypeOf(cache.memo()).toEqualTypeOf<Cache>()
})

test('other results', () => {
  expectTypeOf(cache.set('k', 1)).resolves.toBeBoolean()
  expectTypeOf(cache.setMany(new Map([['k', 1]]))).resolves.toEqualTypeOf<Key[]>()
  expectTypeOf(cache.incr('k')).resolves.toEqualTypeOf<number | bigint>()
  expectTypeOf(cache.ttl('k')).resolves.toEqualTypeOf<Milliseconds | null | undefined>()
  expectTypeOf(cache.clear()).resolves.toBeNumber()
})

test('failSafe is an option of calls that look at it', () => {
  expectTypeOf(cache.get<string>('k', { failSafe: true })).resolves.toEqualTypeOf<string | undefined>()
  expectTypeOf(cache.pull<string>('k', { failSafe: false })).resolves.toEqualTypeOf<string | undefined>()
  expectTypeOf(cache.set('k', 1, { failSafe: true, ttl: '1m' })).resolves.toBeBoolean()
  void cache.pipeline((p) => [p.incr('n', 1, { failSafe: true })], { failSafe: false })
  // @ts-expect-error the loader runs in an outage, whatever the cache says
  void cache.getOrSet('k', () => 1, { failSafe: true })
  // @ts-expect-error only the caller knows what a miss would be
  void cache.command(['GET', 'k'], { failSafe: true })
  // @ts-expect-error a lock is held or not
  cache.lock('k', { failSafe: true })
  // @ts-expect-error it reads on the primary
  void cache.pull('k', { readFrom: 'replica' })
})

test('many are arrays or other iterables, and come back as arrays or Maps', () => {
  expectTypeOf(cache.has(['a', 1])).resolves.toBeBoolean()
  expectTypeOf(cache.getMany<number>(new Set(['a']))).resolves.toEqualTypeOf<Map<Key, number>>()
  expectTypeOf(cache.sadd('s', new Set([1, 'a', {}]))).resolves.toBeNumber()
  expectTypeOf(cache.smembers<string>('s')).resolves.toEqualTypeOf<string[]>()
  expectTypeOf(cache.smembers('s')).resolves.toEqualTypeOf<unknown[]>()
  expectTypeOf(cache.spop<string>('s')).resolves.toEqualTypeOf<string | undefined>()
  expectTypeOf(cache.spop<string>('s', 2)).resolves.toEqualTypeOf<string[]>()
  expectTypeOf(cache.srandmember<string>('s', undefined, { readFrom: 'primary' })).resolves.toEqualTypeOf<
    string | undefined
  >()
  expectTypeOf(cache.hset('h', { a: 1 })).resolves.toBeNumber()
  expectTypeOf(cache.hset('h', new Map<string | number, unknown>())).resolves.toBeNumber()
  expectTypeOf(cache.hmget<number>('h', ['a'])).resolves.toEqualTypeOf<(number | undefined)[]>()
  expectTypeOf(cache.hgetall<number>('h')).resolves.toEqualTypeOf<Map<string, number>>()
  // @ts-expect-error members are one argument
  void cache.sadd('s', 'a', 'b')
  // @ts-expect-error no member is no array
  void cache.sadd('s', 5)
})

test('sorted sets give members, or pairs where scores are asked for', () => {
  expectTypeOf(cache.zadd('z', new Map([['a', 1]]))).resolves.toBeNumber()
  expectTypeOf(cache.zadd('z', [['a', 1] as const], { nx: true })).resolves.toBeNumber()
  expectTypeOf(cache.zrange<string>('z', 0, -1)).resolves.toEqualTypeOf<string[]>()
  expectTypeOf(cache.zrange<string>('z', 0, -1, { rev: true })).resolves.toEqualTypeOf<string[]>()
  expectTypeOf(cache.zrange<string>('z', 0, -1, { withScores: true })).resolves.toEqualTypeOf<[string, number][]>()
  expectTypeOf(cache.zrangebyscore<string>('z', '(5', Infinity, { withScores: true })).resolves.toEqualTypeOf<
    [string, number][]
  >()
  expectTypeOf(cache.zscore('z', 'a')).resolves.toEqualTypeOf<number | undefined>()
  expectTypeOf(cache.zpopmin<string>('z')).resolves.toEqualTypeOf<[string, number][]>()
  // @ts-expect-error no end of a range
  void cache.zrangebyscore('z', 'five', 6)
})

test('walks are iterated', () => {
  expectTypeOf(cache.keys('*')).resolves.toEqualTypeOf<string[]>()
  expectTypeOf(cache.iterKeys('*', { batch: 10 })).toExtend<AsyncIterable<string>>()
  expectTypeOf(cache.sscanIter<number>('s')).toExtend<AsyncIterable<number>>()
  expectTypeOf(cache.zscanIter<string>('z')).toExtend<AsyncIterable<[string, number]>>()
})

test('a pipeline gives what its operations give, in their places', () => {
  expectTypeOf(
    cache.pipeline((p) => [p.get<string>('a'), p.incr('n'), p.smembers<number>('s')]),
  ).resolves.toEqualTypeOf<[string | undefined, number | bigint, number[]]>()
  expectTypeOf(cache.pipeline((p) => ['a', 'b'].map((key) => p.get<number>(key)))).resolves.toEqualTypeOf<
    (number | undefined)[]
  >()
  // @ts-expect-error nothing is asked for
  void cache.pipeline((p) => p.get('a'))
  expectTypeOf<Pipeline>().not.toHaveProperty('keys')
  expectTypeOf<Pipeline>().not.toHaveProperty('getOrSet')
})

test('commands and connections of your own', () => {
  expectTypeOf(cache.command(['GET', 'k', 5, 5n, Buffer.from('x')])).resolves.toEqualTypeOf<Reply>()
  expectTypeOf(cache.use((connection) => connection.command(['PING']))).resolves.toEqualTypeOf<Reply>()
  expectTypeOf(cache.use(async () => 5, { intent: 'read' })).resolves.toBeNumber()
  expectTypeOf(cache.use(() => 'x')).resolves.toBeString()
  expectTypeOf(cache.use(() => 'x', { key: ['{a}b', 7] })).resolves.toBeString()
})

test('who listens to what was survived', () => {
  expectTypeOf<{ logger: Console; failSafe: true }>().toExtend<CacheOptions>()
  expectTypeOf<NonNullable<CacheOptions['onError']>>().parameters.toEqualTypeOf<[unknown, ReportContext]>()
  expectTypeOf<{ keyFunction: (key: string) => string }>().toExtend<CacheOptions>()
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
