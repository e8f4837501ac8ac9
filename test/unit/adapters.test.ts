import { describe, expect, onTestFinished, test } from 'vitest'
import { secondaryStorage } from '../../src/adapters/better-auth.js'
import { bareKeys, bareKeysReverse, sessionStore } from '../../src/adapters/express-session/index.js'
import { keyvStore } from '../../src/adapters/keyv/index.js'
import { rateLimitStore } from '../../src/adapters/rate-limit.js'
import { createCacheSessionStorage } from '../../src/adapters/react-router.js'
import { unstorageDriver } from '../../src/adapters/unstorage.js'
import { createCaches, type Cache, type CacheOptions } from '../../src/index.js'
import { called } from '../support/called.js'
import { ownClient } from '../support/own-client.js'
import { rejection } from '../support/rejection.js'

const cookie = { originalMaxAge: null, expires: null }

describe('a session store', () => {
  test.for([undefined, null, '', 7, {}])('refuses the session id %s in each of its methods', async (id) => {
    const store = sessionStore(cacheWith())
    const methods = [
      called((callback) => store.get(id as string, callback)),
      called((callback) => store.set(id as string, { cookie }, callback)),
      called((callback) => store.touch(id as string, { cookie }, callback)),
      called((callback) => store.destroy(id as string, callback)),
    ]
    for (const method of methods) expect((await rejection(method)).error).toMatchObject({ code: 'E_KEY' })
  })

  test('says of a session that cannot be kept why', async () => {
    const store = sessionStore(cacheWith())
    const cyclic: { cookie: typeof cookie; self?: unknown } = { cookie }
    cyclic.self = cyclic
    for (const session of [cyclic, { cookie, count: 1n }, { cookie, pattern: /a/ }])
      expect((await rejection(called((callback) => store.set('id', session, callback)))).error).toMatchObject({
        code: 'E_CODEC',
      })
    expect(await called((callback) => store.get('id', callback))).toBe(null)
  })

  test.for([undefined, null, 'text', 7])('refuses %s as a session', async (session) => {
    for (const method of ['set', 'touch'] as const) {
      const refused = called((callback) => sessionStore(cacheWith())[method]('id', session as never, callback))
      expect((await rejection(refused)).error).toMatchObject({ code: 'E_CODEC' })
    }
  })

  test('refuses a cookie that JSON does not have, and keeps a session that has none', async () => {
    const store = sessionStore(cacheWith({ serializer: 'v8' }))
    const odd = { cookie: { expires: null, count: 1n } }
    expect((await rejection(called((callback) => store.set('id', odd, callback)))).error).toMatchObject({
      code: 'E_CODEC',
    })
    for (const method of ['set', 'touch'] as const)
      await called((callback) => store[method]('id', { user: 'Ada' } as never, callback))
    expect(await called((callback) => store.get('id', callback))).toEqual({ user: 'Ada' })
  })

  test('refuses what is no ttl: of its options, of a function, of a cookie', async () => {
    const cache = cacheWith()
    for (const ttl of [Number.NaN, 'soon', 0, -1, '0s'])
      expect(() => sessionStore(cache, { ttl: ttl as number })).toThrow(/^sessionStore\(\)\.ttl: /)
    for (const ttl of [Number.NaN, 'soon', undefined, Promise.resolve(1_000)])
      for (const method of ['set', 'touch'] as const) {
        const byFunction = sessionStore(cache, { ttl: () => ttl as number })
        const refused = called((callback) => byFunction[method]('id', { cookie }, callback))
        expect((await rejection(refused)).error).toMatchObject({ code: 'E_CONFIG', path: 'sessionStore().ttl()' })
      }
    const noDate = { cookie: { ...cookie, expires: 'no date' } }
    for (const method of ['set', 'touch'] as const)
      expect(
        (await rejection(called((callback) => sessionStore(cache)[method]('id', noDate, callback)))).error,
      ).toMatchObject({ code: 'E_CONFIG', path: 'cookie.expires' })
  })

  test('keeps a session for its ttl where the cookie has no end, or as long as a function says', async () => {
    const cache = cacheWith({ ttl: '1m' })
    await called((callback) => sessionStore(cache).set('day', { cookie }, callback))
    await called((callback) => sessionStore(cache, { ttl: null }).set('ever', { cookie }, callback))
    const expires = new Date(Date.now() + 60_000)
    await called((callback) => sessionStore(cache, { ttl: () => '2h' }).set('asked', { cookie: { expires } }, callback))
    expect(await cache.ttl('sess:day')).toBeGreaterThan(86_000_000)
    expect(await cache.ttl('sess:ever')).toBe(null)
    expect(await cache.ttl('sess:asked')).toBeGreaterThan(7_000_000)
  })

  test.for([false, null, undefined, '', 0])('keeps a session whose cookie expires %s for its ttl', async (expires) => {
    const cache = cacheWith()
    const session = { cookie: { expires: expires as false } }
    await called((callback) => sessionStore(cache).set('id', session, callback))
    await called((callback) => sessionStore(cache, { ttl: '2d' }).touch('id', session, callback))
    expect(await cache.ttl('sess:id')).toBeGreaterThan(2 * 86_000_000)
  })

  test('keeps what the session is when it is set, whatever becomes of the object', async () => {
    const store = sessionStore(cacheWith())
    const session = { cookie, count: 1 }
    const written = called((callback) => store.set('id', session, callback))
    session.count = 2
    await written
    expect(await called((callback) => store.get('id', callback))).toEqual({ cookie, count: 1 })
  })

  test.for(['json', 'msgpack', 'pickle', 'v8'] as const)(
    'keeps the cookie as JSON has it, in %s too',
    async (serializer) => {
      const store = sessionStore(cacheWith({ serializer }))
      const expires = new Date(Date.now() + 60_000)
      const live = { expires, toJSON: () => ({ expires, path: '/' }) }
      await called((callback) => store.set('id', { cookie: live, user: { name: 'Ada' } } as never, callback))
      expect(await called((callback) => store.get('id', callback))).toEqual({
        cookie: { expires: expires.toISOString(), path: '/' },
        user: { name: 'Ada' },
      })
    },
  )

  test('finds its own sessions only, whatever the prefix looks like', async () => {
    const cache = cacheWith({ keyFunction: bareKeys, reverseKeyFunction: bareKeysReverse })
    const [one, other] = [sessionStore(cache, { prefix: 'a[b]*:' }), sessionStore(cache, { prefix: 'ab:' })]
    await Promise.all(['x', 'y'].map((id) => called((callback) => one.set(id, { cookie }, callback))))
    await called((callback) => other.set('z', { cookie }, callback))
    expect((await called<string[]>((callback) => one.ids(callback)))?.sort()).toEqual(['x', 'y'])
    expect(await called((callback) => one.all(callback))).toHaveLength(2)
    await called((callback) => one.clear(callback))
    expect([await called((callback) => one.length(callback)), await cache.keys('*')]).toEqual([0, ['ab:z']])
  })

  test('clears no keys that it cannot tell from those of others', async () => {
    const cache = cacheWith({ keyFunction: bareKeys, reverseKeyFunction: bareKeysReverse })
    await cache.set('of others', 1)
    const clear = called((callback) => sessionStore(cache, { prefix: '' }).clear(callback))
    expect((await rejection(clear)).error).toMatchObject({ code: 'E_UNSUPPORTED' })
    expect((await rejection(rateLimitStore(cache, { prefix: '' }).resetAll())).error).toMatchObject({
      code: 'E_UNSUPPORTED',
    })
    expect(await cache.has('of others')).toBe(true)
  })

  test('makes no objects of sessions before a middleware has it', async () => {
    const store = sessionStore(cacheWith())
    await called((callback) => store.set('id', { cookie }, callback))
    expect((await rejection(called((callback) => store.load('id', callback)))).error).toMatchObject({
      code: 'E_UNSUPPORTED',
    })
  })

  test.for(['text', 7, true, 12n])('refuses the stored value %s, which is no session', async (stored) => {
    const cache = cacheWith({ serializer: 'v8' })
    const store = sessionStore(cache)
    await cache.set('sess:id', stored)
    const reads = [
      called((callback) => store.get('id', callback)),
      called((callback) => store.load('id', callback)),
      called((callback) => store.all(callback)),
    ]
    for (const read of reads)
      expect((await rejection(read)).error).toMatchObject({ code: 'E_CODEC', stage: 'deserialize' })
  })

  test('may be told to write without being asked for the outcome', async () => {
    const cache = cacheWith()
    sessionStore(cache).set('id', { cookie })
    sessionStore(cache).set('' as string, { cookie })
    sessionStore(cache).destroy('other', null)
    await expect.poll(() => cache.has('sess:id'), { timeout: 30_000 }).toBe(true)
  })
})

const kinds: Readonly<Record<string, CacheOptions>> = {
  'with grace and jitter': { grace: '1h', jitter: 0.5 },
  'of pickle, compressed': { serializer: 'pickle', compressor: 'zlib' },
  'of MessagePack': { serializer: 'msgpack' },
  'of bytes': { serializer: 'raw', format: 'django' },
}

test.for(Object.entries(kinds))('every adapter works on a cache %s', async ([name, options]) => {
  const cache = cacheWith(options)
  const [keyv, auth, limits] = [keyvStore(cache), secondaryStorage(cache), rateLimitStore(cache)]
  await keyv.set('key', '{"value":1}', 3_600_000)
  await auth.set('token', '{"user":1}', 3_600)
  await unstorageDriver(cache).setItem('item', 'text', { ttl: 3_600 })
  expect([await keyv.get('key'), await keyv.getMany(['key'])]).toEqual(['{"value":1}', ['{"value":1}']])
  expect([await auth.get('token'), await auth.getAndDelete('token'), await auth.get('token')]).toEqual([
    '{"user":1}',
    '{"user":1}',
    null,
  ])
  expect([await auth.increment('n', 3_600), await auth.increment('n', 60), await auth.get('n')]).toEqual([1, 2, '2'])
  expect(await unstorageDriver(cache).getItem('item')).toBe('text')
  limits.init({ windowMs: 3_600_000 })
  await limits.increment('client')
  expect(await limits.increment('client')).toMatchObject({ totalHits: 2, resetTime: expect.any(Date) })
  await limits.decrement('client')
  expect(await limits.get('client')).toMatchObject({ totalHits: 1 })
  const left = await Promise.all(['key', 'item', 'better-auth:n', 'rl:client'].map((key) => cache.ttl(key)))
  expect(Math.min(...left.map(Number))).toBeGreaterThan(1_800_000)
  if (name === 'of bytes') return
  const store = sessionStore(cache)
  await called((callback) => store.set('id', { cookie }, callback))
  await called((callback) => store.touch('id', { cookie }, callback))
  expect(await called((callback) => store.all(callback))).toEqual([{ id: 'id', cookie }])
})

test('what is kept ends when the framework says, whatever the jitter of the cache', async () => {
  const cache = cacheWith({ jitter: 1 })
  const hour = 3_600_000
  const expires = new Date(Date.now() + hour)
  const [store, driver, auth, limits] = [
    sessionStore(cache),
    unstorageDriver(cache),
    secondaryStorage(cache),
    rateLimitStore(cache),
  ]
  const storage = createCacheSessionStorage(cache, { cookie: { secrets: ['no secret'] }, prefix: 'route:', ttl: '1h' })
  limits.init({ windowMs: hour })
  const keptAs = (n: number): Promise<unknown>[] => [
    keyvStore(cache).set(`keyv5:${n}`, 'text', hour),
    keyvStore(cache, { keyv: 6 }).set(`keyv6:${n}`, 'text', Number(expires)),
    driver.setItem(`item:${n}`, 'text', { ttl: hour / 1_000 }),
    auth.set(`${n}`, 'text', hour / 1_000),
    auth.increment(`counter:${n}`, hour / 1_000),
    limits.increment(`${n}`),
    called((callback) => store.set(`${n}`, { cookie: { expires } }, callback)),
    storage.getSession().then((session) => storage.commitSession(session)),
  ]
  await Promise.all(Array.from({ length: 20 }, (_, n) => keptAs(n)).flat())
  const keys = await cache.keys('*')
  expect(keys).toHaveLength(20 * 8)
  const left = await Promise.all(keys.map(async (key) => [key, Number(await cache.ttl(key))] as const))
  expect(left.filter(([, ttl]) => ttl < hour - 60_000)).toEqual([])
})

test('all but counters works on an encrypted cache, and a counter says that it does not', async () => {
  const cache = cacheWith({ encryption: { keys: [{ id: 'a', key: Buffer.alloc(32, 1) }] } })
  const [store, driver, keyv, auth] = [
    sessionStore(cache),
    unstorageDriver(cache),
    keyvStore(cache),
    secondaryStorage(cache),
  ]
  const storage = createCacheSessionStorage(cache, { cookie: { secrets: ['no secret'] }, prefix: 'route:' })
  const session = await storage.getSession()
  session.set('user', 'Ada')
  const header = await storage.commitSession(session)
  await called((callback) => store.set('id', { cookie }, callback))
  await Promise.all([driver.setItem('item', '1'), keyv.set('key', '2'), auth.set('token', '3')])
  expect([
    await called((callback) => store.get('id', callback)),
    (await storage.getSession(header)).get('user'),
    await driver.getItem('item'),
    await keyv.get('key'),
    await auth.get('token'),
  ]).toEqual([{ cookie }, 'Ada', '1', '2', '3'])
  for (const counter of [auth.increment('n', 60), rateLimitStore(cache).increment('client')])
    expect((await rejection(counter)).error).toMatchObject({ code: 'E_UNSUPPORTED' })
})

test('a session is kept in no cache that serves it past its end', async () => {
  const caches = [cacheWith({ herd: true }), cacheWith({ client: 'herd' })]
  const factories = [sessionStore, createCacheSessionStorage, secondaryStorage]
  for (const make of factories)
    for (const cache of caches)
      expect(() => make(cache)).toThrow(/\(\): a cache with herd protection serves values past/)
  const [store, limits] = [keyvStore(cacheWith({ herd: true })), rateLimitStore(cacheWith({ herd: true }))]
  await store.set('key', '{"value":1}', 60_000)
  expect(await store.get('key')).toBe('{"value":1}')
  await limits.increment('client')
  expect(await limits.increment('client')).toMatchObject({ totalHits: 2 })
})

test('sessions and tokens are read from the primary first, values of Keyv and unstorage where the cache reads', async () => {
  const asked: unknown[] = []
  const client = ownClient(({ name }, options) => name === 'GET' && asked.push(options?.readFrom))
  const cache = cacheWith({ client: () => client })
  const storage = createCacheSessionStorage(cache, { cookie: { name: 'id', secrets: ['no secret'] } })
  const cookie = await storage.commitSession(await storage.getSession())
  await called((callback) => sessionStore(cache).get('id', callback))
  await storage.getSession(cookie)
  await secondaryStorage(cache).get('token')
  expect(asked).toEqual(['primaryPreferred', 'primaryPreferred', 'primaryPreferred'])
  await keyvStore(cache).get('key')
  await unstorageDriver(cache).getItem('item')
  expect(asked.slice(3)).toEqual([undefined, undefined])
})

const texts = ['0', '-7', '1764500000000', '12.5', '9007199254740993', '1e+21', 'text', '']
const onlyAsText = ['007', '+1', '1.0', '1e3', 'NaN', 'Infinity', '-0', '0.000001', '9'.repeat(40)]

test.for(['json', 'pickle', 'raw'] as const)(
  'text comes back as it was, also where it is a number, in %s',
  async (serializer) => {
    const cache = cacheWith({ serializer, format: 'django' })
    const [auth, driver, keyv, keyv6] = [
      secondaryStorage(cache),
      unstorageDriver(cache),
      keyvStore(cache),
      keyvStore(cache, { keyv: 6 }),
    ]
    const kept = async (text: string): Promise<unknown[]> => {
      await Promise.all([auth.set('a', text), driver.setItem('u', text), keyv.set('5', text), keyv6.set('6', text)])
      return Promise.all([auth.get('a'), driver.getItem('u'), keyv.get('5'), keyv6.get('6'), auth.getAndDelete('a')])
    }
    for (const text of texts) expect(await kept(text)).toEqual(Array.from({ length: 5 }, () => text))
    for (const text of onlyAsText)
      if (serializer === 'raw') expect((await rejection(kept(text))).error).toMatchObject({ code: 'E_CODEC' })
      else expect(await kept(text)).toEqual(Array.from({ length: 5 }, () => text))
  },
)

test('what is over is in no list, whatever the grace of the cache', async () => {
  const cache = cacheWith({ grace: '1h' })
  const [store, driver, keyv] = [sessionStore(cache), unstorageDriver(cache), keyvStore(cache)]
  await called((callback) => store.set('id', { cookie: { expires: new Date(Date.now() + 20) } }, callback))
  await driver.setItem('item', 'text', { ttl: 0.02 })
  await keyv.set('key', 'text', 20)
  await expect.poll(() => cache.keys('*'), { timeout: 30_000 }).toEqual([])
})

test('every adapter says that its cache is closed', async () => {
  const cache = cacheWith()
  const storage = createCacheSessionStorage(cache, { cookie: { secrets: ['no secret'] } })
  const session = await storage.getSession()
  await cache.close()
  const calls = [
    called((callback) => sessionStore(cache).get('id', callback)),
    keyvStore(cache).get('key'),
    keyvStore(cache, { keyv: 6 }).get('key'),
    unstorageDriver(cache).getItem('key'),
    secondaryStorage(cache).get('key'),
    rateLimitStore(cache).increment('key'),
    storage.commitSession(session),
  ]
  for (const call of calls) expect((await rejection(call)).error).toMatchObject({ code: 'E_CLOSED' })
})

const factories: Readonly<Record<string, (cache: Cache, options: never) => unknown>> = {
  sessionStore,
  createCacheSessionStorage,
  keyvStore,
  unstorageDriver,
  secondaryStorage,
  rateLimitStore,
}

test.for(Object.entries(factories))('%s refuses options that it does not have', ([name, make]) => {
  const unknown = new RegExp(`^${name}\\(\\)\\.prefixes: unknown option`)
  expect(() => make(cacheWith(), { prefixes: 'a' } as never)).toThrow(unknown)
})

test.for(Object.entries(factories))('%s refuses what is no cache', ([name, make]) => {
  const caches = createCaches({ get: {}, default: {} })
  onTestFinished(() => caches.close())
  for (const none of [undefined, null, {}, caches])
    expect(() => make(none as never, {} as never)).toThrow(`${name}(): expected a cache, such as caches.default, got `)
})

test('every adapter refuses what its options cannot be', () => {
  const cache = cacheWith()
  expect(() => keyvStore(cache, { keyv: 7 as never })).toThrow('keyvStore().keyv: expected 5 or 6, got 7')
  expect(() => sessionStore(cache, { prefix: 7 as never })).toThrow('sessionStore().prefix: expected a text, got 7')
  expect(() => createCacheSessionStorage(cache, { ttl: 0 })).toThrow(/^createCacheSessionStorage\(\)\.ttl: /)
  expect(() => unstorageDriver(cache, { ttl: -1 })).toThrow(/^unstorageDriver\(\)\.ttl: /)
  for (const cookie of [7, 'id', true, null])
    expect(() => createCacheSessionStorage(cache, { cookie: cookie as never })).toThrow(
      /^createCacheSessionStorage\(\)\.cookie: expected an object, got /,
    )
})

test('functions that are called without this work', async () => {
  const { setItem, getItem } = unstorageDriver(cacheWith())
  await setItem('key', 'text')
  expect(await getItem('key')).toBe('text')
  const { increment } = rateLimitStore(cacheWith())
  expect(await increment('client')).toMatchObject({ totalHits: 1 })
})

test('a rate limit without an end, or one that has no client, is refused', async () => {
  const store = rateLimitStore(cacheWith())
  for (const windowMs of [Number.NaN, 0, -1, Infinity, undefined as never]) {
    store.init({ windowMs })
    expect((await rejection(store.increment('client'))).error).toMatchObject({ code: 'E_CONFIG' })
  }
  store.init({ windowMs: 1_000 })
  expect((await rejection(store.increment(''))).error).toMatchObject({ code: 'E_KEY' })
})

test('a counter that another program left without an end gets one', async () => {
  const cache = cacheWith()
  const store = rateLimitStore(cache)
  await cache.set('rl:client', 5, { ttl: null })
  const { totalHits, resetTime } = await store.increment('client')
  expect([totalHits, Number(resetTime) > Date.now()]).toEqual([6, true])
  expect(await cache.ttl('rl:client')).toBeGreaterThan(0)
})

function cacheWith(options: CacheOptions = {}): Cache {
  const caches = createCaches({ cache: options })
  onTestFinished(() => caches.close())
  return caches.cache
}
