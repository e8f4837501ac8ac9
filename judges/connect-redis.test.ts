import { RedisStore } from 'connect-redis'
import { createClient } from 'redis'
import { expect, onTestFinished } from 'vitest'
import { sessionStore } from '../src/adapters/express-session/index.js'
import { at, test } from '../test/support/caches.js'
import { called } from '../test/support/called.js'
import { bareKeyFunctions } from './support/bare-key-functions.js'

const cookie = {
  originalMaxAge: 3_600_000,
  expires: new Date(Date.now() + 3_600_000).toISOString(),
  httpOnly: true,
  path: '/',
}
const stored = { cookie, user: { name: 'Ada', since: '2026-01-31T12:00:00.000Z' }, views: 3, note: 'ünï', none: null }

const both = test.extend('both', async ({ server, make }) => {
  const { cache } = make({ cache: { location: at(server), ...bareKeyFunctions } })
  const client = createClient({ url: `redis://${server.address}` })
  await client.connect()
  onTestFinished(() => client.destroy())
  return { ours: sessionStore(cache), theirs: new RedisStore({ client }), client }
})

both('a session has the same bytes under the same key', async ({ both: { ours, theirs, client } }) => {
  const session = { ...stored, cookie: { toJSON: () => cookie, expires: new Date(cookie.expires) } }
  await theirs.set('theirs', session as never)
  await called((callback) => ours.set('ours', session, callback))
  const [theirBytes, ourBytes] = await Promise.all([client.get('sess:theirs'), client.get('sess:ours')])
  expect(ourBytes).toBe(theirBytes)
  expect(JSON.parse(String(ourBytes))).toEqual(stored)
})

both('a session of one is read, kept on, counted and destroyed by the other', async ({ both: { ours, theirs } }) => {
  await theirs.set('theirs', stored as never)
  await called((callback) => ours.set('ours', stored, callback))
  expect(await called((callback) => ours.get('theirs', callback))).toEqual(stored)
  expect(await theirs.get('ours')).toEqual(stored)
  expect(await called((callback) => ours.length(callback))).toBe(2)
  expect((await called<string[]>((callback) => ours.ids(callback)))?.sort()).toEqual(
    ((await theirs.ids()) as string[]).sort(),
  )
  const byId = (a: { id: string }, b: { id: string }): number => (a.id < b.id ? -1 : 1)
  const all = (await theirs.all()) as unknown as { id: string }[]
  expect((await called<{ id: string }[]>((callback) => ours.all(callback)))?.sort(byId)).toEqual(all.sort(byId))
  await called((callback) => ours.destroy('theirs', callback))
  await theirs.destroy('ours')
  expect([await theirs.get('theirs'), await called((callback) => ours.get('ours', callback))]).toEqual([null, null])
})

both('it ends when its cookie does, and touch moves the end', async ({ both: { ours, theirs, client } }) => {
  const endOf = async (id: string): Promise<number> => Number(await client.sendCommand(['PEXPIRETIME', `sess:${id}`]))
  const begun = Date.now()
  await called((callback) => ours.set('ours', stored, callback))
  const late = Date.now() - begun
  const expires = Number(new Date(cookie.expires))
  expect(await endOf('ours')).toBeGreaterThanOrEqual(expires - 1)
  expect(await endOf('ours')).toBeLessThanOrEqual(expires + late + 1)
  const later = { cookie: { ...cookie, expires: new Date(expires + 60_000) } }
  await called((callback) => ours.touch('ours', later, callback))
  expect(await endOf('ours')).toBeGreaterThanOrEqual(expires + 59_999)
  await theirs.set('theirs', stored as never)
  await theirs.touch('theirs', later as never)
  expect(Math.abs((await endOf('theirs')) - (await endOf('ours')))).toBeLessThanOrEqual(1_000 + Date.now() - begun)
})

both('what has expired is deleted, by set and by touch', async ({ both: { ours, theirs, client } }) => {
  const over = { cookie: { ...cookie, expires: new Date(0) } }
  for (const id of ['a', 'b', 'c', 'd']) await theirs.set(id, stored as never)
  await called((callback) => ours.set('a', over, callback))
  await called((callback) => ours.touch('b', over, callback))
  await theirs.set('c', over as never)
  await theirs.touch('d', over as never)
  expect(await client.dbSize()).toBe(0)
})

const sessions: Readonly<Record<string, object>> = {
  'without an end': { cookie: { ...cookie, expires: null }, user: 'Ada' },
  'whose cookie expires with the browser': { cookie: { ...cookie, originalMaxAge: null, expires: false } },
  'whose cookie says nothing': { cookie: {}, user: 'Ada' },
  'without a cookie': { user: 'Ada', none: undefined },
}

both.for(Object.entries(sessions))(
  'a session %s is kept as long, and in the same bytes',
  async ([, session], { both: { ours, theirs, client } }) => {
    const begun = Date.now() - 1
    const endsIn = async (id: string): Promise<number> => Number(await client.sendCommand(['PTTL', `sess:${id}`]))
    const apart = async (): Promise<number> => Math.abs((await endsIn('ours')) - (await endsIn('theirs')))
    await theirs.set('theirs', session as never)
    await called((callback) => ours.set('ours', session as never, callback))
    expect(await client.get('sess:ours')).toBe(await client.get('sess:theirs'))
    expect(await apart()).toBeLessThanOrEqual(Date.now() - begun)
    await client.persist('sess:ours')
    await theirs.touch('theirs', session as never)
    await called((callback) => ours.touch('ours', session as never, callback))
    expect(await apart()).toBeLessThanOrEqual(Date.now() - begun)
  },
)

both('touch of a missing session makes none', async ({ both: { ours, theirs, client } }) => {
  await theirs.touch('none', stored as never)
  await called((callback) => ours.touch('none', stored, callback))
  expect(await client.dbSize()).toBe(0)
})

both('clear leaves the keys of others alone', async ({ both: { ours, theirs, client } }) => {
  await theirs.set('one', stored as never)
  await client.set('session:other', 'kept')
  await called((callback) => ours.clear(callback))
  expect([await theirs.length(), await client.get('session:other')]).toEqual([0, 'kept'])
})
