import express, { type Request, type Response as ExpressResponse } from 'express'
import { MemoryStore, rateLimit, type Options, type Store } from 'express-rate-limit'
import { RedisStore, type RedisReply } from 'rate-limit-redis'
import { expect } from 'vitest'
import { rateLimitStore } from '../src/adapters/rate-limit.js'
import { CommandError, type Cache } from '../src/index.js'
import { at, test } from '../test/support/caches.js'
import { startCutter } from '../test/support/cutter.js'
import { rejection } from '../test/support/rejection.js'
import { bareKeyFunctions } from './support/bare-key-functions.js'
import { serve, type Site } from './support/site.js'
import { unusable } from './support/unusable.js'

const settings: Readonly<Record<string, Partial<Options>>> = {
  'three a minute': { limit: 3 },
  'errors do not count': { limit: 3, skipFailedRequests: true },
  'answers do not count': { limit: 1, skipSuccessfulRequests: true },
}

test.for(Object.entries(settings))('%s: the answers are those of the MemoryStore', async ([, options], { cache }) => {
  const ofMemory = await answersOf(new MemoryStore(), options)
  expect(await answersOf(rateLimitStore(cache), options)).toEqual(ofMemory)
})

test('two caches count together, and a window has one end', async ({ cache, server, make }) => {
  const [one, other] = [rateLimitStore(cache), rateLimitStore(make({ cache: { location: at(server) } }).cache)]
  for (const store of [one, other]) store.init({ windowMs: 60_000 })
  const hits = await Promise.all(Array.from({ length: 20 }, (_, n) => (n % 2 === 0 ? one : other).increment('client')))
  expect(hits.map((hit) => hit.totalHits).sort((a, b) => a - b)).toEqual(Array.from({ length: 20 }, (_, n) => n + 1))
  one.init({ windowMs: 6_000_000 })
  await one.increment('client')
  expect(await cache.ttl('rl:client')).toBeLessThanOrEqual(60_000)
  expect(await other.get('client')).toMatchObject({ totalHits: 21, resetTime: expect.any(Date) })
})

test('a window ends; a hit that is taken back before the next one begins counts nowhere', async ({ cache }) => {
  const store = rateLimitStore(cache)
  store.init({ windowMs: 1 })
  await store.increment('client')
  await expect.poll(() => store.get('client'), { timeout: 30_000 }).toBeUndefined()
  await store.decrement('client')
  expect(await store.get('client')).toBeUndefined()
})

test('a hit that is taken back after its window has ended is one of the next window', async ({ cache }) => {
  const store = rateLimitStore(cache)
  store.init({ windowMs: 1 })
  await store.increment('client')
  await expect.poll(() => store.get('client'), { timeout: 30_000 }).toBeUndefined()
  store.init({ windowMs: 60_000 })
  for (let n = 0; n < 2; n++) await store.increment('client')
  await store.decrement('client')
  expect(await store.get('client')).toMatchObject({ totalHits: 1 })
})

test('hits that are taken back too often are taken back once', async ({ cache }) => {
  const [ours, memory] = [rateLimitStore(cache), new MemoryStore()]
  for (const store of [ours, memory]) store.init({ windowMs: 60_000 } as Options)
  const hits = async (store: Store): Promise<unknown> => {
    await store.increment('client')
    await store.decrement('client')
    await store.decrement('client')
    return [(await store.get?.('client'))?.totalHits, (await store.increment('client')).totalHits]
  }
  expect(await hits(ours)).toEqual(await hits(memory))
})

test('a hit whose reply is lost counts once, one that did not arrive not at all', async ({ server, make }) => {
  await using way = await startCutter(server)
  const { cache } = make({ cache: { location: `valkey://127.0.0.1:${way.port}` } })
  const store = rateLimitStore(cache)
  await store.increment('client')
  for (const what of ['reply', 'command'] as const) {
    way.cut(what, 'EVAL')
    expect((await rejection(store.increment('client'))).error).toMatchObject({ code: 'E_INTERRUPTED' })
  }
  expect([way.cuts, (await store.increment('client')).totalHits]).toEqual([2, 3])
})

test('limiters with prefixes of their own do not meet; resetAll clears its own', async ({ cache }) => {
  const [one, other] = [rateLimitStore(cache, { prefix: 'one:[a]' }), rateLimitStore(cache, { prefix: 'one' })]
  await Promise.all([one.increment('client'), other.increment(':client')])
  await one.resetAll()
  expect([await one.get('client'), (await other.get(':client'))?.totalHits]).toEqual([undefined, 1])
})

test('an outage is an error of the limiter, which passOnStoreError lets through', async ({ ownServer, make }) => {
  const { patient, cache } = make(
    { patient: { readDeadline: '30s', writeDeadline: '30s' }, cache: { readDeadline: 500, writeDeadline: 500 } },
    { location: at(ownServer), failSafe: true },
  )
  await using calm = await siteWith(rateLimitStore(patient), { limit: 3 })
  const store = rateLimitStore(cache)
  await using strict = await siteWith(store, { limit: 3 })
  await using lenient = await siteWith(rateLimitStore(cache, { prefix: 'other:' }), {
    limit: 3,
    passOnStoreError: true,
  })
  expect((await fetch(`${calm.url}/fine`)).status).toBe(200)
  ownServer.pause()
  const refused = await fetch(`${strict.url}/fine`)
  expect([refused.status, await refused.text()]).toEqual([500, unusable])
  expect((await fetch(`${lenient.url}/fine`)).status).toBe(200)
  expect((await rejection(store.get('client'))).error).toMatchObject({ code: unusable })
  await cache.close()
  expect((await rejection(store.increment('client'))).error).toMatchObject({ code: 'E_CLOSED' })
})

test('what is no key or no window is refused', async ({ cache }) => {
  const store = rateLimitStore(cache)
  expect((await rejection(store.increment(undefined as never))).error).toMatchObject({ code: 'E_KEY' })
  store.init({ windowMs: Number.NaN })
  expect((await rejection(store.increment('client'))).error).toMatchObject({ code: 'E_CONFIG' })
})

test('rate-limit-redis counts on a cache', async ({ cache }) => {
  const ofMemory = await answersOf(new MemoryStore(), { limit: 3 })
  expect(await answersOf(redisStore(cache), { limit: 3 })).toEqual(ofMemory)
})

test('rate-limit-redis goes on counting when the server has forgotten its script', async ({ cache, server }) => {
  const store = redisStore(cache)
  await store.init({ windowMs: 60_000 } as Options)
  await store.increment('client')
  await server.command('SCRIPT', 'FLUSH')
  expect((await store.increment('client')).totalHits).toBe(2)
  await server.command('SCRIPT', 'FLUSH')
  expect(await store.get('client')).toMatchObject({ totalHits: 2 })
})

test('a counter that rate-limit-redis made without an end gets one', async ({ server, make }) => {
  const { cache } = make({ cache: { location: at(server), ...bareKeyFunctions } })
  await redisStore(cache).decrement('client')
  expect(await cache.ttl('rl:client')).toBe(null)
  const { totalHits, resetTime } = await rateLimitStore(cache).increment('client')
  expect([totalHits, Number(resetTime) > Date.now()]).toEqual([0, true])
  expect(await cache.ttl('rl:client')).toBeGreaterThan(0)
})

test('rate-limit-redis and a cache with bare keys count together', async ({ server, make }) => {
  const { cache } = make({ cache: { location: at(server), ...bareKeyFunctions } })
  const [ours, theirs] = [rateLimitStore(cache), redisStore(cache)]
  ours.init({ windowMs: 60_000 })
  await theirs.init({ windowMs: 60_000 } as Options)
  await theirs.increment('client')
  expect((await ours.increment('client')).totalHits).toBe(2)
  expect((await theirs.increment('client')).totalHits).toBe(3)
})

/** It runs a script anew when the message of an error begins with NOSCRIPT, as the reply of the server does. */
function redisStore(cache: Cache): RedisStore {
  return new RedisStore({
    sendCommand: (...args: string[]) =>
      cache.command(args, { intent: 'write' }).catch((error: unknown) => {
        throw error instanceof CommandError ? new Error(error.reply, { cause: error }) : error
      }) as Promise<RedisReply>,
  })
}

/** The answers to seven requests, of which the second and third fail; the counter is deleted before the last one. */
async function answersOf(store: Store, options: Partial<Options>): Promise<unknown[]> {
  await using site = await siteWith(store, options)
  const answers: unknown[] = []
  for (const path of ['/fine', '/fails', '/fails', '/fine', '/fine', '/fine', '/reset', '/fine']) {
    const { status, headers } = await fetch(site.url + path)
    answers.push([path, status, headers.get('ratelimit-limit'), headers.get('ratelimit-remaining')])
  }
  return answers
}

/** A site with a limiter, which does not count requests for `/reset`. */
function siteWith(store: Store, options: Partial<Options>): Promise<Site> {
  const app = express()
  const limiter = rateLimit({ windowMs: 60_000, standardHeaders: 'draft-6', legacyHeaders: false, store, ...options })
  app.get('/reset', async (request, response) => {
    await store.resetKey(String(request.ip))
    response.send('reset')
  })
  app.use(limiter)
  app.get('/fine', (_request, response: ExpressResponse) => void response.send('fine'))
  app.get('/fails', (_request, response: ExpressResponse) => void response.status(500).send('fails'))
  app.use((error: { code?: string }, _request: Request, response: ExpressResponse, _next: unknown) => {
    response.status(500).send(error.code)
  })
  return serve(app)
}
