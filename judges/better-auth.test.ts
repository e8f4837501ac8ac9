import { betterAuth } from 'better-auth'
import { memoryAdapter } from 'better-auth/adapters/memory'
import { expect } from 'vitest'
import { secondaryStorage, type SecondaryStorage } from '../src/adapters/better-auth.js'
import { at, test } from '../test/support/caches.js'
import { rejection } from '../test/support/rejection.js'
import { bareKeyFunctions } from './support/bare-key-functions.js'

const site = 'http://localhost:3000'
const ada = { email: 'ada@example.com', password: 'a password of no importance', name: 'Ada' }

test('somebody signs up, is known, signs out and is not known any more', async ({ cache }) => {
  const visit = visitor(secondaryStorage(cache))
  expect((await visit('/sign-up/email', ada)).status).toBe(200)
  expect(await cache.keys('better-auth:*')).toHaveLength(2)
  expect(await (await visit('/get-session')).json()).toMatchObject({ user: { name: 'Ada' } })
  expect((await visit('/sign-out', {})).status).toBe(200)
  expect(await (await visit('/get-session')).json()).toBe(null)
})

test('its rate limit counts in the cache', async ({ cache }) => {
  const visit = visitor(secondaryStorage(cache), { enabled: true, storage: 'secondary-storage', window: 60, max: 3 })
  const statuses: number[] = []
  for (let n = 0; n < 5; n++) statuses.push((await visit('/get-session')).status)
  expect(statuses).toEqual([200, 200, 200, 429, 429])
})

test('an outage is an error and logs nobody out', async ({ ownServer, make }) => {
  const { patient, cache } = make(
    { patient: { readDeadline: '30s', writeDeadline: '30s' }, cache: { readDeadline: 500 } },
    { location: at(ownServer), failSafe: true },
  )
  const storage = secondaryStorage(patient)
  const visit = visitor(storage)
  await visit('/sign-up/email', ada)
  Object.assign(storage, secondaryStorage(cache))
  ownServer.pause()
  expect((await visit('/get-session')).status).toBe(500)
  ownServer.resume()
  await expect
    .poll(async () => (await visit('/get-session')).json(), { timeout: 30_000 })
    .toMatchObject({ user: { name: 'Ada' } })
})

test('of many who take a value at once one gets it; a counter keeps the ttl that it was made with', async ({
  cache,
}) => {
  const { set, get, getAndDelete, increment } = secondaryStorage(cache)
  await set('verification', 'value', 60)
  const taken = await Promise.all(Array.from({ length: 20 }, () => getAndDelete('verification')))
  expect(taken.filter((value) => value !== null)).toEqual(['value'])
  expect(await get('verification')).toBe(null)
  const counts = await Promise.all(Array.from({ length: 20 }, (_, n) => increment('ip|path', n === 0 ? 60 : 6_000)))
  expect(counts.sort((one, other) => one - other)).toEqual(Array.from({ length: 20 }, (_, n) => n + 1))
  expect(await cache.ttl('better-auth:ip|path')).toBeLessThanOrEqual(60_000)
})

test('a ttl of seconds may be a fraction; none, or 0, is for ever; what is none is refused', async ({ cache }) => {
  const storage = secondaryStorage(cache, { prefix: 'auth:' })
  await Promise.all([storage.set('a', '1', 60.5), storage.set('b', '2'), storage.set('c', '3', 0)])
  expect(await Promise.all(['auth:b', 'auth:c'].map((key) => cache.ttl(key)))).toEqual([null, null])
  expect(await cache.ttl('auth:a')).toBeLessThanOrEqual(60_500)
  for (const ttl of [Number.NaN, 0, -1])
    expect((await rejection(storage.increment('n', ttl))).error).toMatchObject({ code: 'E_CONFIG' })
  expect((await rejection(storage.set('d', '4', Number.NaN))).error).toMatchObject({ code: 'E_CONFIG' })
})

test('in a raw cache with bare keys it reads and writes what @better-auth/redis-storage does', async ({
  server,
  make,
}) => {
  const { cache } = make({
    cache: { location: at(server), ...bareKeyFunctions, serializer: 'raw', format: 'django' },
  })
  const { get, getAndDelete, set, increment } = secondaryStorage(cache)
  const values = { token: '{"user":1}', 'revoked-sessions-before-1': '1764500000000' }
  for (const [key, value] of Object.entries(values)) {
    await set(key, value, 60)
    expect(await server.command('GET', `better-auth:${key}`)).toBe(value)
    await server.command('SETEX', `better-auth:${key}`, 60, value)
    expect([await get(key), await getAndDelete(key), await get(key)]).toEqual([value, value, null])
  }
  await server.command('SET', 'better-auth:n', 4, 'EX', 60)
  expect([await increment('n', 60), await server.command('GET', 'better-auth:n')]).toEqual([5, '5'])
})

type Visit = (path: string, body?: object) => Promise<Response>

/** A browser with cookies, at a site whose users are in memory and whose sessions are in the storage. */
function visitor(storage: SecondaryStorage, rateLimit: object = { enabled: false }): Visit {
  const { handler } = betterAuth({
    baseURL: site,
    secret: 'a secret of no importance, of more than 32 characters',
    database: memoryAdapter({ user: [], account: [], session: [], verification: [] }),
    emailAndPassword: { enabled: true },
    secondaryStorage: storage,
    rateLimit,
    logger: { disabled: true },
    telemetry: { enabled: false },
  })
  let cookie = ''
  return async (path, body) => {
    const headers = { cookie, origin: site, 'content-type': 'application/json', 'x-forwarded-for': '192.0.2.1' }
    const method = body === undefined ? 'GET' : 'POST'
    const response = await handler(
      new Request(`${site}/api/auth${path}`, { method, headers, ...(body && { body: JSON.stringify(body) }) }),
    )
    const [sent] = response.headers.getSetCookie()
    if (sent !== undefined) cookie = sent.split(';')[0] ?? ''
    return response
  }
}
