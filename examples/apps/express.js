import express from 'express'
import session from 'express-session'
import { CacheError, createCaches } from 'valkey-cache'
import { sessionStore } from 'valkey-cache/express-session'

const sentinels = (process.env.SENTINELS ?? 'sentinel-1:26379,sentinel-2:26379,sentinel-3:26379').split(',')

const caches = createCaches({
  sessions: { location: 'valkey://mymaster/0', client: 'sentinel', sentinels, prefix: 'shop' },
})
await caches.ready()

const app = express()
app.use(
  session({
    secret: process.env.SECRET ?? 'only for trying it out',
    resave: false,
    saveUninitialized: false,
    cookie: { maxAge: 30 * 60_000 },
    store: sessionStore(caches.sessions),
  }),
)

app.get('/', (request, response) => {
  request.session.views = (request.session.views ?? 0) + 1
  response.send(`You have been here ${request.session.views} times.\n`)
})
app.post('/logout', (request, response, next) => {
  request.session.destroy((error) => (error ? next(error) : response.send('Goodbye.\n')))
})
// While no server can be used a request fails; nobody is logged out. Other errors are for Express.
app.use((error, request, response, next) => {
  if (response.headersSent || !(error instanceof CacheError)) return next(error)
  response.status(503).send(`Please try again. (${error.code})\n`)
})

const server = app.listen(Number(process.env.PORT ?? 3000), '127.0.0.1', () => {
  console.log(`http://127.0.0.1:${server.address().port}`)
})
// Requests that are under way are answered first.
process.once('SIGTERM', () => server.close(() => caches.close()))
