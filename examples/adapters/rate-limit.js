import express from 'express'
import { rateLimit } from 'express-rate-limit'
import { createCaches } from 'valkey-cache'
import { rateLimitStore } from 'valkey-cache/rate-limit'

const location = process.env.VALKEY_URL ?? 'valkey://127.0.0.1:6379/0'

const caches = createCaches({ limits: { location, prefix: 'shop' } })

const app = express()
app.use(rateLimit({ windowMs: 60_000, limit: 2, store: rateLimitStore(caches.limits) }))
app.get('/', (request, response) => response.send('hello'))

const server = app.listen(0, '127.0.0.1')
await new Promise((resolve) => server.once('listening', resolve))
for (let n = 0; n < 3; n++) console.log((await fetch(`http://127.0.0.1:${server.address().port}`)).status)
server.closeAllConnections()
server.close()

await caches.close()
