import { describe, expect, onTestFinished, test } from 'vitest'
import { secondaryStorage } from '../../src/adapters/better-auth.js'
import { bareKeys, bareKeysReverse, sessionStore } from '../../src/adapters/express-session/index.js'
import { keyvStore } from '../../src/adapters/keyv/index.js'
import { rateLimitStore } from '../../src/adapters/rate-limit.js'
import { createCacheSessionStorage } from '../../src/adapters/react-router.js'
import { unstorageDriver } from '../../src/adapters/unstorage.js'
import { createCaches, type Cache, type CacheOptions } from '../../src/index.js'
import { called } from '../support/called.js'
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
    for (const ttl of [Number.NaN, 'soon'])
      expect(() => sessionStore(cache, { ttl: ttl as number })).toThrow(/^sessionStore\(\)\.ttl: /)
    const byFunction = sessionStore(cache, { ttl: () => Number.NaN })
    const refused = called((callback) => byFunction.set('id', { cookie }, callback))
    expect((await rejection(refused)).error).toMatchObject({ code: 'E_CONFIG' })
    const noDate = { cookie: { ...cookie, expires: 'no date' } }
    for (const method of ['set', 'touch'] as const)
      expect(
        (await rejection(called((callback) => sessionStore(cache)[method]('id', noDate, callback)))).error,
      ).toMatchObject({ code: 'E_CONFIG' })
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

  test('makes no objects of sessions before a middleware has it', async () => {
    const store = sessionStore(cacheWith())
    await called((callback) => store.set('id', { cookie }, callback))
    expect((await rejection(called((callback) => store.load('id', callback)))).error).toMatchObject({
      code: 'E_UNSUPPORTED',
    })
  })

  test('may be told to write without being asked for the outcome', async () => {
    const cache = cacheWith()
    sessionStore(cache).set('id', { cookie })
    sessionStore(cache).set('' as string, { cookie })
    await expect.poll(() => cache.has('sess:id'), { timeout: 30_000 }).toBe(true)
  })
})

const kinds: Readonly<Record<string, CacheOptions>> = {
  'with grace and jitter': { grace: '1h', jitter: 0.5 },
  'with herd protection': { herd: true },
  'of pickle, compressed': { serializer: 'pickle', compressor: 'zlib' },
  'of MessagePack': { serializer: 'msgpack' },
  'of bytes': { serializer: 'raw', format: 'django' },
}

test.for(Object.entries(kinds))('every adapter works on a cache %s', async ([name, options]) => {
  const cache = cacheWith(options)
  const [keyv, auth, limits] = [keyvStore(cache), secondaryStorage(cache), rateLimitStore(cache)]
  await keyv.set('key', '{"value":1}', 60_000)
  await auth.set('token', '{"user":1}', 60)
  await unstorageDriver(cache).setItem('item', 'text', { ttl: 60 })
  expect([await keyv.get('key'), await keyv.getMany(['key'])]).toEqual(['{"value":1}', ['{"value":1}']])
  expect([await auth.get('token'), await auth.getAndDelete('token'), await auth.get('token')]).toEqual([
    '{"user":1}',
    '{"user":1}',
    null,
  ])
  expect([await auth.increment('n', 60), await auth.increment('n', 60), await auth.get('n')]).toEqual([1, 2, '2'])
  expect(await unstorageDriver(cache).getItem('item')).toBe('text')
  limits.init({ windowMs: 60_000 })
  await limits.increment('client')
  expect(await limits.increment('client')).toMatchObject({ totalHits: 2, resetTime: expect.any(Date) })
  await limits.decrement('client')
  expect(await limits.get('client')).toMatchObject({ totalHits: 1 })
  const left = await Promise.all(['key', 'item', 'better-auth:n', 'rl:client'].map((key) => cache.ttl(key)))
  expect(Math.min(...left.map(Number))).toBeGreaterThan(30_000)
  if (name === 'of bytes') return
  const store = sessionStore(cache)
  await called((callback) => store.set('id', { cookie }, callback))
  await called((callback) => store.touch('id', { cookie }, callback))
  expect(await called((callback) => store.all(callback))).toEqual([{ id: 'id', cookie }])
})

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

test('every adapter refuses options that it does not have', () => {
  const cache = cacheWith()
  const made: Readonly<Record<string, (options: never) => unknown>> = {
    sessionStore: (options) => sessionStore(cache, options),
    createCacheSessionStorage: (options) => createCacheSessionStorage(cache, options),
    keyvStore: (options) => keyvStore(cache, options),
    unstorageDriver: (options) => unstorageDriver(cache, options),
    secondaryStorage: (options) => secondaryStorage(cache, options),
    rateLimitStore: (options) => rateLimitStore(cache, options),
  }
  for (const [name, make] of Object.entries(made))
    expect(() => make({ prefixes: 'a' } as never)).toThrow(new RegExp(`^${name}\\(\\)\\.prefixes: unknown option`))
  expect(() => keyvStore(cache, { keyv: 7 as never })).toThrow('keyvStore().keyv: expected 5 or 6, got 7')
  expect(() => sessionStore(cache, { prefix: 7 as never })).toThrow('sessionStore().prefix: expected a text, got 7')
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
  store.init({ windowMs: Number.NaN })
  expect((await rejection(store.increment('client'))).error).toMatchObject({ code: 'E_CONFIG' })
  expect((await rejection(store.increment(''))).error).toMatchObject({ code: 'E_KEY' })
})

function cacheWith(options: CacheOptions = {}): Cache {
  const caches = createCaches({ cache: options })
  onTestFinished(() => caches.close())
  return caches.cache
}
