import cookie from '@fastify/cookie'
import fastifySession, { type FastifySessionOptions } from '@fastify/session'
import fastify, { type FastifyInstance, type FastifyRequest } from 'fastify'
import { expect } from 'vitest'
import { sessionStore } from '../src/adapters/express-session/index.js'
import { at, test } from '../test/support/caches.js'
import { unusable } from './support/unusable.js'
import { browse, minutes, visits, type Answer, type Send } from './support/same-answers.js'

declare module 'fastify' {
  interface Session {
    count?: number
  }
}

const secret = 'a secret of no importance, of 32 characters'
const settings: Readonly<Record<string, Partial<FastifySessionOptions>>> = {
  'by default': {},
  'saved when they change': { rolling: false, saveUninitialized: false },
  'with an end': { cookie: { secure: false, maxAge: 60_000 } },
}

test.for(Object.entries(settings))(
  'sessions %s: the answers are those of the MemoryStore',
  async ([, options], { cache }) => {
    const ofMemory = await answersOf(await appWith(options))
    expect(await answersOf(await appWith({ ...options, store: sessionStore(cache) }))).toEqual(ofMemory)
    expect(ofMemory.map(({ status }) => status)).toEqual(visits.map(() => 200))
  },
)

test('an outage is an error of the request', async ({ ownServer, make }) => {
  const { cache } = make({ cache: { location: at(ownServer), failSafe: true, readDeadline: 500 } })
  const app = await appWith({ store: sessionStore(cache) })
  const made = await sendTo(app)(['POST', '/count'], '')
  const [sent = ''] = made.setCookie[0]?.split(';') ?? []
  ownServer.pause()
  const failed = await sendTo(app)(['GET', '/view'], sent)
  expect({ ...failed, body: JSON.parse(failed.body) }).toMatchObject({
    status: 500,
    body: { code: unusable },
    setCookie: [],
  })
  ownServer.resume()
  await expect.poll(async () => (await sendTo(app)(['GET', '/view'], sent)).body, { timeout: 30_000 }).toBe('1')
})

async function appWith(options: Partial<FastifySessionOptions>): Promise<FastifyInstance> {
  const app = fastify()
  await app.register(cookie)
  await app.register(fastifySession, { secret, cookieName: 'id', cookie: { secure: false }, ...options })
  const tell = ({ session }: FastifyRequest): string => String(session?.count)
  app.get('/view', async (request) => tell(request))
  app.post('/count', async (request) => {
    request.session.count = (request.session.count ?? 0) + 1
    return tell(request)
  })
  app.get('/cookie', async ({ session }) => [
    minutes(session.cookie.originalMaxAge),
    session.cookie.path,
    session.cookie.httpOnly,
  ])
  app.post('/reload', async (request) => request.session.reload().then(() => tell(request)))
  app.post('/save', async (request) => request.session.save().then(() => tell(request)))
  app.post('/regenerate', async (request) => request.session.regenerate().then(() => tell(request)))
  app.post('/destroy', async (request) => request.session.destroy().then(() => 'destroyed'))
  return app
}

async function answersOf(app: FastifyInstance): Promise<Answer[]> {
  return browse(visits, sendTo(app))
}

function sendTo(app: FastifyInstance): Send {
  return async ([method, url], sent) => {
    const { statusCode, body, headers } = await app.inject({ method, url, headers: { cookie: sent } })
    return { status: statusCode, body, setCookie: [headers['set-cookie'] ?? []].flat() }
  }
}
