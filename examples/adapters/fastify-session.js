import cookie from '@fastify/cookie'
import session from '@fastify/session'
import fastify from 'fastify'
import { createCaches } from 'valkey-cache'
import { sessionStore } from 'valkey-cache/express-session'

const location = process.env.VALKEY_URL ?? 'valkey://127.0.0.1:6379/0'

const caches = createCaches({ sessions: { location, prefix: 'shop' } })

const app = fastify()
await app.register(cookie)
await app.register(session, {
  secret: 'at least thirty-two characters long',
  cookie: { secure: 'auto', maxAge: 30 * 60_000 },
  saveUninitialized: false,
  rolling: false, // else every request is a write
  store: sessionStore(caches.sessions),
})
app.get('/', async ({ session: visit }) => (visit.views = (visit.views ?? 0) + 1))

const first = await app.inject('/')
const [{ name, value }] = first.cookies
const second = await app.inject({ url: '/', cookies: { [name]: value } })
console.log(first.body, second.body)
await app.close()

await caches.close()
