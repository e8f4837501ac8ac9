import {
  createCookie,
  createMemorySessionStorage,
  createSessionStorage,
  type Session,
  type SessionStorage,
} from 'react-router'
import { expect } from 'vitest'
import { createCacheSessionStorage } from '../src/adapters/react-router.js'
import { at, test } from '../test/support/caches.js'
import { rejection } from '../test/support/rejection.js'
import { unusable } from './support/unusable.js'

interface Data {
  user?: string
  visits?: number
}
interface Flash {
  notice: string
}
type Storage = SessionStorage<Data, Flash>

/** What a visitor may put into a cookie that is not signed: no text, and text with half a surrogate pair. */
const noIds: readonly unknown[] = [{ a: 1 }, ['a'], 7, '\ud800']

const cookies = {
  signed: { name: 'id', secrets: ['a secret of no importance'], path: '/', maxAge: 60 },
  'of a session': { name: 'id', secrets: ['a secret of no importance'] },
  'made before': createCookie('id', { httpOnly: true, sameSite: 'lax' }),
}

test.for(Object.entries(cookies))(
  'a cookie %s: sessions are those of the memory storage',
  async ([, cookie], { cache }) => {
    const memory = await live(createMemorySessionStorage<Data, Flash>({ cookie }))
    expect(await live(createCacheSessionStorage<Data, Flash>(cache, { cookie, createSessionStorage }))).toEqual(memory)
  },
)

test('a session ends with its cookie, or with the ttl of the storage', async ({ cache }) => {
  const storage = createCacheSessionStorage<Data>(cache, {
    cookie: cookies['of a session'],
    ttl: '1h',
    createSessionStorage,
  })
  const session = await storage.getSession()
  await storage.commitSession(session)
  const [key = ''] = await cache.keys('sess:*')
  expect(await cache.ttl(key)).toBeGreaterThan(60_000)
  const read = await storage.getSession(await storage.commitSession(session, { maxAge: 60 }))
  const kept = await Promise.all((await cache.keys('sess:*')).map((each) => cache.ttl(each)))
  expect(Math.min(...kept.map(Number))).toBeLessThanOrEqual(60_000)
  await storage.commitSession(read, { expires: new Date(0) })
  expect(await cache.keys('sess:*')).toEqual([key])
})

test('an outage, a closed cache and a value that cannot be kept are errors with their code', async ({
  ownServer,
  make,
}) => {
  const { cache } = make({ cache: { location: at(ownServer), failSafe: true, readDeadline: 500 } })
  const storage = createCacheSessionStorage(cache, { cookie: cookies.signed, createSessionStorage })
  const session = await storage.getSession()
  const header = await storage.commitSession(session)
  session.set('number', 1n)
  expect((await rejection(storage.commitSession(session))).error).toMatchObject({ code: 'E_CODEC' })
  ownServer.pause()
  expect((await rejection(storage.getSession(header))).error).toMatchObject({ code: unusable })
  await cache.close()
  expect((await rejection(storage.getSession(header))).error).toMatchObject({ code: 'E_CLOSED' })
})

test.for(noIds)(
  'what is no id of a session, %j, is no session, and committing that is a KeyError',
  async (id, { cache }) => {
    const storage = createCacheSessionStorage<Data>(cache, { cookie: cookies['made before'], createSessionStorage })
    const session = await storage.getSession(`id=${btoa(JSON.stringify(id))}`)
    expect(session.data).toEqual({})
    session.set('user', 'Ada')
    expect((await rejection(storage.commitSession(session))).error).toMatchObject({ code: 'E_KEY' })
    expect(await cache.keys('sess:*')).toEqual([])
  },
)

/** What a session goes through, and what is seen of it; ids are told by whether they stay. */
async function live(storage: Storage): Promise<unknown[]> {
  const first = await storage.getSession(null)
  const seen: unknown[] = [first.id, first.data, (await storage.destroySession(first)).split('; ').slice(0, 2)]
  first.set('user', 'Ada')
  first.flash('notice', 'Welcome')
  const header = await storage.commitSession(first)
  const [pair = '', ...attributes] = header.split('; ')
  seen.push(attributes.map((attribute) => attribute.replace(/^Expires=.*/, 'Expires=a moment')))
  const second = await storage.getSession(pair)
  seen.push(second.id !== '', second.get('user'), second.get('notice'), second.get('notice'), second.has('visits'))
  second.set('visits', 2)
  second.unset('user')
  const again = await storage.commitSession(second)
  const third = await storage.getSession(again.split('; ')[0])
  seen.push(third.id === second.id, third.data)
  seen.push((await storage.destroySession(third)).split('; ').slice(0, 2))
  const gone: Session<Data, Flash> = await storage.getSession(again.split('; ')[0])
  seen.push(gone.data)
  // What is no id of a session: a visitor may have made up a cookie that is not signed.
  for (const forged of ['forged', ...[...noIds, ''].map((id) => btoa(JSON.stringify(id)))]) {
    const session = await storage.getSession(`id=${forged}`)
    seen.push(session.data, (await storage.destroySession(session)).split('; ').slice(0, 2))
  }
  return seen
}
