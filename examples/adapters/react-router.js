import { createCaches } from 'valkey-cache'
import { createCacheSessionStorage } from 'valkey-cache/react-router'

const location = process.env.VALKEY_URL ?? 'valkey://127.0.0.1:6379/0'

const caches = createCaches({ sessions: { location, prefix: 'shop' } })

const { getSession, commitSession } = createCacheSessionStorage(caches.sessions, {
  cookie: { name: '__session', secrets: ['only for trying it out'], maxAge: 30 * 60, httpOnly: true },
})

const session = await getSession()
session.set('user', 'ada')
const setCookie = await commitSession(session) // the header Set-Cookie

const [cookie] = setCookie.split(';')
console.log((await getSession(cookie)).get('user'))

await caches.close()
