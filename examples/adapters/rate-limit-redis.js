import { rateLimit } from 'express-rate-limit'
import { RedisStore } from 'rate-limit-redis'
import { createCaches } from 'valkey-cache'

const location = process.env.VALKEY_URL ?? 'valkey://127.0.0.1:6379/0'

const caches = createCaches({ limits: { location } })

// It knows the errors of the server by the beginning of their text, which is `reply` in ours.
const asTheServerSaysIt = (error) => {
  throw error.reply === undefined ? error : new Error(error.reply, { cause: error })
}
const sendCommand = (...args) => caches.limits.command(args, { intent: 'write' }).catch(asTheServerSaysIt)
const store = new RedisStore({ sendCommand })
rateLimit({ windowMs: 60_000, limit: 2, store })

for (let n = 0; n < 3; n++) console.log((await store.increment('192.0.2.1')).totalHits)

await caches.close()
