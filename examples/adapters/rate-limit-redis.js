import { rateLimit } from 'express-rate-limit'
import { RedisStore } from 'rate-limit-redis'
import { createCaches } from 'valkey-cache'

const location = process.env.VALKEY_URL ?? 'valkey://127.0.0.1:6379/0'

const caches = createCaches({ limits: { location } })

const store = new RedisStore({ sendCommand: (...args) => caches.limits.command(args, { intent: 'write' }) })
rateLimit({ windowMs: 60_000, limit: 2, store })

for (let n = 0; n < 3; n++) console.log((await store.increment('192.0.2.1')).totalHits)

await caches.close()
