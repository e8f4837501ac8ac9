import * as v from 'valibot'
import { expect } from 'vitest'
import {
  ClosedError,
  ConfigurationError,
  type Cache,
  type CacheOptions,
  type GetOrSetOptions,
} from '../../src/index.js'
import { eventually } from '../../src/lab/index.js'
import { at, callsOf, test as base } from '../support/caches.js'
import { controlledLoader } from '../support/controlled-loader.js'
import { listeners } from '../support/fleet.js'

const test = base
  /** Caches that share nothing but the server, as those of as many processes. */
  .extend(
    'fleet',
    ({ server, make }) =>
      (count: number, options: CacheOptions = {}): readonly Cache[] =>
        Array.from(
          { length: count },
          () => make({ cache: { location: at(server), singleFlight: 'fleet', ...options } }).cache,
        ),
  )
  .extend('pair', ({ fleet }) => fleet(2) as readonly [Cache, Cache])

const unwanted = (): never => {
  throw new Error('this loader is not wanted')
}

test('a load of another process is waited for, and its value is not loaded again', async ({
  pair: [one, two],
  server,
}) => {
  const load = controlledLoader()
  const first = one.getOrSet('k', load.loader)
  await eventually(() => load.begun === 1)
  const second = two.getOrSet('k', unwanted)
  await eventually(async () => (await listeners(server)) === 1)
  load.finish({ n: 1 })
  expect(await Promise.all([first, second])).toStrictEqual([{ n: 1 }, { n: 1 }])
  expect(await server.command('KEYS', '*load*')).toStrictEqual([])
})

test('when the loader of one process fails, or finds nothing, the next one loads', async ({
  pair: [one, two],
  server,
}) => {
  for (const end of ['fail', 'nothing'] as const) {
    const load = controlledLoader()
    const first = one.getOrSet('k', load.loader).catch((error: unknown) => error)
    await eventually(() => load.begun === 1)
    const second = two.getOrSet('k', () => `after ${end}`)
    await eventually(async () => (await listeners(server)) === 1)
    if (end === 'fail') load.fail(new Error('no'))
    else load.finish(undefined)
    await first
    expect(await second).toBe(`after ${end}`)
    await two.delete('k')
  }
})

const anything = v.unknown()

/** Everything by which another process takes away what is being loaded. */
const writes: readonly [what: string, write: (cache: Cache) => Promise<unknown>, then: unknown][] = [
  ['delete', (cache) => cache.delete('k'), undefined],
  ['deleteMany', (cache) => cache.deleteMany(['j', 'k']), undefined],
  ['deletePattern', (cache) => cache.deletePattern('k*'), undefined],
  ['clear', (cache) => cache.clear(), undefined],
  ['flushDb', (cache) => cache.flushDb(), undefined],
  ['set', (cache) => cache.set('k', 'set'), 'set'],
  ['setMany', (cache) => cache.setMany({ j: 1, k: 'many' }), 'many'],
  ['add', (cache) => cache.add('k', 'added'), 'added'],
  ['incr', (cache) => cache.incr('k', 1, { create: true }), 1],
  ['delete of a memo', (cache) => cache.memo().delete('k'), undefined],
  ['delete of a typed cache', (cache) => cache.typed({ key: () => 'k', schema: anything }).delete(0), undefined],
  ['a pipeline', (cache) => cache.pipeline((p) => [p.get('k'), p.set('k', 'piped')]), 'piped'],
  ['a command', (cache) => cache.command(['SET', 'k', '"commanded"'], { key: 1 }), 'commanded'],
]

test.for(writes)(
  'a load is not written after another process has written its key: %s',
  async ([, write, then], { pair }) => {
    const [one, two] = pair
    const load = controlledLoader()
    const asked = one.getOrSet('k', load.loader, { waitForWrite: true, refresh: true })
    await eventually(() => load.begun === 1)
    await write(two)
    load.finish('old')
    expect(await asked).toBe('old')
    expect(await two.get('k')).toBe(then)
  },
)

test('a waiter whose load is taken away is served when that load has ended', async ({
  pair: [one, two],
  fleet,
  server,
}) => {
  const load = controlledLoader()
  const first = one.getOrSet('k', load.loader)
  await eventually(() => load.begun === 1)
  const second = two.getOrSet('k', unwanted)
  await eventually(async () => (await listeners(server)) === 1)
  const [third] = fleet(1) as [Cache]
  await third.set('k', 'set')
  load.finish('old')
  expect(await Promise.all([first, second])).toStrictEqual(['old', 'set'])
})

test('a refresh takes the load over, and the older value is not written', async ({ pair: [one, two] }) => {
  const [older, newer] = [controlledLoader(), controlledLoader()]
  const first = one.getOrSet('k', older.loader, { waitForWrite: true })
  await eventually(() => older.begun === 1)
  const second = two.getOrSet('k', newer.loader, { refresh: true, waitForWrite: true })
  await eventually(() => newer.begun === 1)
  newer.finish('new')
  expect(await second).toBe('new')
  older.finish('old')
  expect(await first).toBe('old')
  expect(await one.get('k')).toBe('new')
})

test('a refresh ahead does nothing while another process refreshes', async ({ fleet }) => {
  const ahead: CacheOptions = { ttl: '1h', refreshAt: 0 }
  const [one, two] = fleet(2, ahead) as [Cache, Cache]
  await one.getOrSet('k', () => 'first', { waitForWrite: true })
  const load = controlledLoader()
  expect(await one.getOrSet('k', load.loader)).toBe('first')
  await eventually(() => load.begun === 1)
  expect(await two.getOrSet('k', unwanted)).toBe('first')
  load.finish('second')
  await eventually(async () => (await two.get('k')) === 'second')
})

/** With frames, and with Django's tuples. */
test.for(['json', 'pickle'] as const)(
  'in a herd cache one process loads what is due (%s)',
  async (serializer, { fleet, server }) => {
    const [one, two] = fleet(2, { herd: true, herdTimeout: 0, serializer, ttl: '1s' }) as [Cache, Cache]
    await one.set('k', 'old')
    await eventually(async () => (await one.get('k')) === undefined)
    const load = controlledLoader()
    const first = one.getOrSet('k', load.loader)
    await eventually(() => load.begun === 1)
    const second = two.getOrSet('k', unwanted)
    await eventually(async () => (await listeners(server)) === 1)
    load.finish('new')
    expect(await Promise.all([first, second])).toStrictEqual(['new', 'new'])
  },
)

test('what cannot be read is loaded by one process, and written over', async ({ pair: [one, two], server }) => {
  await server.command('SET', one.makeKey('k'), 'no JSON')
  const load = controlledLoader()
  const first = one.getOrSet('k', load.loader)
  await eventually(() => load.begun === 1)
  const second = two.getOrSet('k', unwanted)
  await eventually(async () => (await listeners(server)) === 1)
  load.finish('readable')
  expect(await Promise.all([first, second])).toStrictEqual(['readable', 'readable'])
  expect(await server.command('GET', one.makeKey('k'))).toBe('"readable"')
})

test('a lock is renewed while the loader runs, and its key is in the database no longer than that', async ({
  fleet,
  server,
}) => {
  const [cache] = fleet(1, { fleetLease: 150 }) as [Cache]
  const load = controlledLoader()
  const asked = cache.getOrSet('k', load.loader, { waitForWrite: true })
  await eventually(() => load.begun === 1)
  const [lock] = (await server.command('KEYS', '*load*')) as [string]
  expect(lock).toMatch(/^:@1:load:\{\w+\}:k$/)
  const before = await callsOf(server, 'pexpire')
  await eventually(async () => (await callsOf(server, 'pexpire')) > before + 4)
  expect(await server.command('EXISTS', lock)).toBe(1)
  load.finish('v')
  await asked
  expect(await server.command('EXISTS', lock)).toBe(0)
})

test('a deadline bounds the wait, and later callers of the process load without the lock', async ({
  pair: [one, two],
}) => {
  const load = controlledLoader()
  const first = one.getOrSet('k', load.loader, { waitForWrite: true })
  await eventually(() => load.begun === 1)
  await expect(two.getOrSet('k', unwanted, { deadline: 100 })).rejects.toMatchObject({ code: 'E_TIMEOUT' })
  expect(await two.getOrSet('k', () => 'own', { waitForWrite: true })).toBe('own')
  load.finish('first')
  expect(await first).toBe('first')
  expect(await two.get('k')).toBe('own')
})

test('without rights for channels a waiter looks again, and that is said once', async ({ server, fleet }) => {
  const warned: string[] = []
  const rules = ['on', '>secret', '+@all', '~*', 'resetchannels']
  await server.command('ACL', 'SETUSER', 'mute', ...rules)
  const mute: CacheOptions = {
    username: 'mute',
    password: 'secret',
    logger: { warn: (text) => void warned.push(text), error() {} },
  }
  const [one, two] = fleet(2, mute) as [Cache, Cache]
  for (const key of ['a', 'b']) {
    const load = controlledLoader()
    const first = one.getOrSet(key, load.loader)
    await eventually(() => load.begun === 1)
    const before = await callsOf(server, 'pttl')
    const second = two.getOrSet(key, unwanted)
    await eventually(async () => (await callsOf(server, 'pttl')) > before + 2)
    load.finish(key)
    expect(await Promise.all([first, second])).toStrictEqual([key, key])
  }
  expect(warned).toEqual([expect.stringContaining('allow SSUBSCRIBE, SPUBLISH and the channels')])
})

test('waiters of one client share one connection, which is none of its leases', async ({ fleet, server }) => {
  const [one, two] = fleet(2, { pool: { leases: 1 } }) as [Cache, Cache]
  const load = controlledLoader()
  const keys = ['a', 'b', 'c']
  const first = keys.map((key) => one.getOrSet(key, load.loader))
  await eventually(() => load.begun === keys.length)
  const second = keys.map((key) => two.getOrSet(key, unwanted))
  await eventually(async () => (await listeners(server)) === keys.length)
  const subscribed = String(await server.command('CLIENT', 'LIST', 'TYPE', 'PUBSUB'))
    .trim()
    .split('\n')
  expect(subscribed).toEqual([expect.stringContaining(` ssub=${keys.length} `)])
  expect(await two.use((own) => own.command(['PING']))).toBe('PONG')
  load.finish('v')
  expect(new Set(await Promise.all([...first, ...second]))).toEqual(new Set(['v']))
  await eventually(async () => (await listeners(server)) === 0)
})

test('closing a cache that waits ends its subscription', async ({ pair: [one, two], server }) => {
  const load = controlledLoader()
  const first = one.getOrSet('k', load.loader)
  await eventually(() => load.begun === 1)
  const second = two.getOrSet('k', unwanted).catch((error: unknown) => error)
  await eventually(async () => (await listeners(server)) === 1)
  two.destroy()
  expect(await second).toBeInstanceOf(ClosedError)
  await eventually(async () => (await listeners(server)) === 0)
  load.finish('v')
  expect(await first).toBe('v')
})

test('where the lock cannot be had in time, the value is loaded without it', async ({ ownServer, make }) => {
  const reported: unknown[] = []
  const onError = (error: unknown): unknown => reported.push(error)
  const { cache } = make({ cache: { location: at(ownServer), singleFlight: 'fleet', readDeadline: 300, onError } })
  // Answers reads and refuses writes, as a primary that was demoted does.
  await ownServer.command('REPLICAOF', '127.0.0.1', '1')
  expect(await cache.getOrSet('k', () => 'v')).toBe('v')
  expect(reported).toEqual([expect.objectContaining({ message: expect.stringContaining('READONLY') as string })])
})

test('in one process without a server typed caches wait for each other as well', async ({ make }) => {
  const { cache } = make({ cache: { location: 'memory://', singleFlight: 'fleet' } })
  const typed = cache.typed({ key: (id: number) => `k${id}`, schema: anything })
  const load = controlledLoader()
  const first = cache.getOrSet('k1', load.loader)
  await eventually(() => load.begun === 1)
  const second = typed.getOrSet(1, unwanted)
  load.finish('v')
  expect(await Promise.all([first, second])).toStrictEqual(['v', 'v'])
})

test('a call asks for it only in a cache that has it', async ({ cache }) => {
  const options: GetOrSetOptions = { singleFlight: 'fleet' }
  await expect(cache.getOrSet('k', () => 1, options)).rejects.toThrow(ConfigurationError)
  await expect(cache.getOrSet('k', () => 1, options)).rejects.toThrow(/getOrSet\(\)\.singleFlight: set singleFlight/)
})
