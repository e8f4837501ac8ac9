import { expect } from 'vitest'
import { secondaryStorage } from '../../src/adapters/better-auth.js'
import { sessionStore } from '../../src/adapters/express-session/index.js'
import { keyvStore } from '../../src/adapters/keyv/index.js'
import { rateLimitStore } from '../../src/adapters/rate-limit.js'
import { createCacheSessionStorage } from '../../src/adapters/react-router.js'
import { unstorageDriver } from '../../src/adapters/unstorage.js'
import { eventually } from '../../src/lab/index.js'
import { called } from '../support/called.js'
import { at, test as base } from '../support/caches.js'
import { held, nearStats } from '../support/near.js'

const test = base.extend('near', ({ server, make }) => make({ near: { location: at(server), near: true } }).near)

test('a near cache answers no read of a session, a token or a counter', async ({ near }) => {
  const [store, auth, limits] = [sessionStore(near), secondaryStorage(near), rateLimitStore(near)]
  const storage = createCacheSessionStorage(near, { prefix: 'rr:', cookie: { name: 'id', secrets: ['no secret'] } })
  await called((callback) => store.set('id', { cookie: { expires: null } }, callback))
  await auth.set('token', 'ada')
  await limits.increment('client')
  const session = await storage.getSession()
  session.set('user', 'ada')
  const cookie = await storage.commitSession(session)
  const [routed = ''] = await near.keys('rr:*')
  for (const key of ['sess:id', routed, 'better-auth:token', 'rl:client']) await held(near, key)
  const { hits } = nearStats(near)
  expect(await called((callback) => store.get('id', callback))).toEqual({ cookie: { expires: null } })
  expect(await called((callback) => store.all(callback))).toHaveLength(1)
  expect((await storage.getSession(cookie)).get('user')).toBe('ada')
  expect([await auth.get('token'), (await limits.get('client'))?.totalHits]).toEqual(['ada', 1])
  expect(nearStats(near).hits).toBe(hits)
})

test('it answers those of Keyv and of unstorage', async ({ near }) => {
  const [keyv, driver] = [keyvStore(near), unstorageDriver(near)]
  await Promise.all([keyv.set('key', '{"value":1}'), driver.setItem('item', 'text')])
  for (const read of [() => keyv.get('key'), () => driver.getItem('item')])
    await eventually(async () => {
      const { hits } = nearStats(near)
      await read()
      return nearStats(near).hits > hits
    })
  expect([await keyv.get('key'), await driver.getItem('item')]).toEqual(['{"value":1}', 'text'])
})
