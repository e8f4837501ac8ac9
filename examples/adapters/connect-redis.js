import { createCaches } from 'valkey-cache'
import { bareKeys, bareKeysReverse, sessionStore } from 'valkey-cache/express-session'

const location = process.env.VALKEY_URL ?? 'valkey://127.0.0.1:6379/0'

const caches = createCaches({
  sessions: { location, keyFunction: bareKeys, reverseKeyFunction: bareKeysReverse },
})
const store = sessionStore(caches.sessions)

const cookie = { originalMaxAge: 60_000, expires: new Date(Date.now() + 60_000) }
await new Promise((resolve, reject) => {
  store.set('7f3a', { cookie, user: 'ada' }, (error) => (error ? reject(error) : resolve()))
})
console.log(caches.sessions.makeKey('sess:7f3a')) // what connect-redis reads

await caches.close()
