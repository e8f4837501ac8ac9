import express, { type Express, type Request, type Response } from 'express'
import session, { type SessionOptions, type Store } from 'express-session'
import { expect } from 'vitest'
import { sessionStore } from '../src/adapters/express-session/index.js'
import { at, test } from '../test/support/caches.js'
import { rejection } from '../test/support/rejection.js'
import { called } from '../test/support/called.js'
import { browse, minutes, visits, type Answer, type Send, type Visit } from './support/same-answers.js'
import { serve, type Site } from './support/site.js'
import { unusable } from './support/unusable.js'

declare module 'express-session' {
  interface SessionData {
    count?: number
  }
}

const secret = 'a secret of no importance'
const settings: Readonly<Record<string, Partial<SessionOptions>>> = {
  'as advised': { resave: false, saveUninitialized: false },
  'saved at every visit': { resave: true, saveUninitialized: true },
  'rolling, with an end': { resave: false, saveUninitialized: true, rolling: true, cookie: { maxAge: 60_000 } },
  'destroyed when unset': { resave: false, saveUninitialized: false, unset: 'destroy' },
  'behind a proxy': { resave: false, saveUninitialized: false, proxy: true, cookie: { secure: 'auto' } },
  'by functions of the request': {
    resave: false,
    saveUninitialized: false,
    rolling: true,
    genid: ({ headers: { host = '' } }) => `${host.length}-${crypto.randomUUID()}`,
    cookie: ({ headers: { host = '' } }) => ({ maxAge: host.length * 60_000, sameSite: 'lax' }),
  },
}

test.for(Object.entries(settings))(
  'sessions %s: the answers are those of the MemoryStore',
  async ([, options], { cache }) => {
    const ends = [
      ['POST', '/no-end'],
      ['GET', '/view'],
      ['GET', '/view'],
      ['POST', '/long'],
      ['GET', '/view'],
    ] as const
    const more: Visit[] = [...visits, ...ends, ['POST', '/unset'], ['GET', '/view'], ['POST', '/count']]
    const ofMemory = await answersOf(appWith(new session.MemoryStore(), options), more)
    expect(await answersOf(appWith(sessionStore(cache), options), more)).toEqual(ofMemory)
    expect(ofMemory.map(({ status }) => status)).toEqual(more.map(() => 200))
  },
)

test('a session that a store has not read before is an object of express-session', async ({ cache }) => {
  const first = appWith(sessionStore(cache), { resave: false, saveUninitialized: false })
  const second = appWith(sessionStore(cache), { resave: false, saveUninitialized: false })
  await using one = await serve(first)
  await using other = await serve(second)
  const made = await visitorOf(one)(['POST', '/count'], '')
  const [cookie = ''] = made.setCookie[0]?.split(';') ?? []
  const send = visitorOf(other)
  expect((await send(['GET', '/view'], cookie)).body).toBe('1')
  expect((await send(['POST', '/reload'], cookie)).body).toBe('1')
})

test('a store whose touch is taken away leaves the end of a session that is only read', async ({ cache }) => {
  const whole = sessionStore(cache)
  const untouched = Object.assign(sessionStore(cache), { touch: undefined })
  const ends: (number | null | undefined)[] = []
  for (const store of [whole, untouched] as Store[]) {
    const options = { resave: false, saveUninitialized: false, cookie: { maxAge: 3_600_000 } }
    await using site = await serve(appWith(store, options))
    const send = visitorOf(site)
    const [cookie = ''] = (await send(['POST', '/count'], '')).setCookie[0]?.split(';') ?? []
    const [key = ''] = await cache.keys('sess:*')
    await cache.expire(key, '10m')
    expect((await send(['GET', '/view'], cookie)).body).toBe('1')
    ends.push(await cache.ttl(key))
    await cache.clear()
  }
  expect(ends.map((end) => Number(end) > 600_000)).toEqual([true, false])
})

const expires = '2100-01-01T00:00:00.000Z'
const stored: Readonly<Record<string, object>> = {
  'without an end': { originalMaxAge: null, expires: null },
  'with an end': { originalMaxAge: 60_000, expires, path: '/shop', httpOnly: false, sameSite: 'lax' },
  'with a Date': { originalMaxAge: null, expires: new Date(expires), secure: true },
  'that says nothing': {},
}

test.for(Object.entries(stored))(
  'a stored cookie %s becomes what the MemoryStore makes of it',
  async ([, cookie], { cache }) => {
    const made = (store: Store): unknown => {
      appWith(store, { resave: false, saveUninitialized: false })
      const request = { sessionID: 'id', sessionStore: store, headers: {} } as unknown as Request
      const { cookie: of } = store.createSession(request, { cookie: { ...cookie }, count: 1 } as never)
      return [
        of.expires,
        of.originalMaxAge,
        of.path,
        of.httpOnly,
        of.secure,
        of.sameSite,
        JSON.stringify(request.session),
      ]
    }
    expect(made(sessionStore(cache))).toEqual(made(new session.MemoryStore()))
  },
)

test('a session is loaded by its id before any request has come, behind a proxy too', async ({ cache }) => {
  const store = sessionStore(cache)
  appWith(store, settings['behind a proxy'] ?? {})
  await called((callback) => store.set('id', { cookie: { expires }, count: 1 } as never, callback))
  const loaded = await called<Request['session']>((callback) => store.load('id', callback))
  expect([loaded?.id, loaded?.count, loaded?.cookie.expires]).toEqual(['id', 1, new Date(expires)])
})

test('a session that was stored without a cookie is one whose cookie says nothing', async ({ cache }) => {
  const store = sessionStore(cache)
  appWith(store, settings['as advised'] ?? {})
  await cache.set('sess:bare', { count: 1 })
  await called((callback) => store.set('empty', { cookie: {}, count: 1 } as never, callback))
  expect(await called((callback) => store.get('bare', callback))).toEqual({ count: 1 })
  const load = (id: string) => called<Request['session']>((callback) => store.load(id, callback))
  const [bare, empty] = [await load('bare'), await load('empty')]
  expect([bare?.count, JSON.stringify(bare?.cookie)]).toEqual([1, JSON.stringify(empty?.cookie)])
})

test('functions that need more of a request are said to be why nothing is loaded before the first one', async ({
  cache,
}) => {
  const store = sessionStore(cache)
  appWith(store, { ...settings['as advised'], genid: ({ socket }) => `${socket.remotePort}` })
  await called((callback) => store.set('id', { cookie: {} }, callback))
  const { error } = await rejection(called((callback) => store.load('id', callback)))
  expect(error).toMatchObject({ code: 'E_UNSUPPORTED', cause: expect.any(TypeError) })
})

test('an outage is an error of the request, and the session is there afterwards', async ({ ownServer, make }) => {
  const options = {
    location: at(ownServer),
    failSafe: true,
    readDeadline: 500,
    logger: silent,
  } as const
  const { cache } = make({ cache: options })
  await using site = await serve(appWith(sessionStore(cache), { resave: false, saveUninitialized: false }))
  const send = visitorOf(site)
  const made = await send(['POST', '/count'], '')
  const [cookie = ''] = made.setCookie[0]?.split(';') ?? []
  ownServer.pause()
  expect(await send(['GET', '/view'], cookie)).toMatchObject({ status: 500, body: unusable, setCookie: [] })
  ownServer.resume()
  await expect.poll(async () => (await send(['GET', '/view'], cookie)).body, { timeout: 30_000 }).toBe('1')
})

const silent = { warn: () => {}, error: () => {} }

function appWith(store: Store, options: Partial<SessionOptions>): Express {
  const app = express()
  app.use(session({ secret, name: 'id', store, ...options } as SessionOptions))
  const tell = (request: Request, response: Response) => (error?: unknown) =>
    error ? response.status(500).send(String(error)) : response.send(String(request.session?.count))
  app.get('/view', (request, response) => void tell(request, response)())
  app.post('/count', (request, response) => {
    request.session.count = (request.session.count ?? 0) + 1
    tell(request, response)()
  })
  app.get('/cookie', ({ session: { cookie } }, response) => {
    response.json([minutes(cookie.originalMaxAge), cookie.expires instanceof Date, cookie.path, cookie.httpOnly])
  })
  // Of a session in which only the cookie has changed nothing is written, by express-session: connect-redis keeps its
  // end too.
  app.post('/no-end', (request, response) => {
    request.session.cookie.expires = false as never // as its README has it
    request.session.count = 10
    tell(request, response)()
  })
  app.post('/long', (request, response) => {
    request.session.cookie.maxAge = 3_600_000
    request.session.count = 20
    tell(request, response)()
  })
  app.post('/reload', (request, response) => void request.session.reload(tell(request, response)))
  app.post('/save', (request, response) => void request.session.save(tell(request, response)))
  app.post('/regenerate', (request, response) => void request.session.regenerate(tell(request, response)))
  app.post('/destroy', (request, response) => void request.session.destroy(tell(request, response)))
  app.post('/unset', (request, response) => {
    request.session = null as unknown as Request['session']
    response.send('unset')
  })
  app.use((error: { code?: string }, _request: Request, response: Response, _next: unknown) => {
    response.status(500).send(error.code)
  })
  return app
}

async function answersOf(app: Express, asked: readonly Visit[]): Promise<Answer[]> {
  await using site = await serve(app)
  return await browse(asked, visitorOf(site))
}

/** Sends requests to a site with the cookie that each is given. */
function visitorOf({ url }: Site): Send {
  return async ([method, path], cookie) => {
    const response = await fetch(url + path, { method, headers: { cookie } })
    return { status: response.status, body: await response.text(), setCookie: response.headers.getSetCookie() }
  }
}
