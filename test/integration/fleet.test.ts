import * as v from 'valibot'
import { expect, onTestFinished } from 'vitest'
import {
  ClosedError,
  ConfigurationError,
  type Cache,
  type CacheOptions,
  type GetOrSetOptions,
} from '../../src/index.js'
import { eventually, type LabServer } from '../../src/lab/index.js'
import { at, callsOf, test as base } from '../support/caches.js'
import { controlledLoader, type ControlledLoader } from '../support/controlled-loader.js'
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

/** A load that runs in one process, and for which another one waits. */
async function heldLoad(
  one: Cache,
  two: Cache,
  server: LabServer,
): Promise<{ readonly load: ControlledLoader; readonly first: Promise<unknown>; readonly second: Promise<unknown> }> {
  const load = controlledLoader()
  const first = one.getOrSet('k', load.loader)
  await eventually(() => load.begun === 1)
  const second = two.getOrSet('k', unwanted)
  await eventually(async () => (await listeners(server)) === 1)
  return { load, first, second }
}

test('a load of another process is waited for, and its value is not loaded again', async ({
  pair: [one, two],
  server,
}) => {
  const { load, first, second } = await heldLoad(one, two, server)
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
  ['pull', (cache) => cache.pull('k'), undefined],
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
  const { load, first, second } = await heldLoad(one, two, server)
  const [third] = fleet(1) as [Cache]
  await third.set('k', 'set')
  load.finish('old')
  expect(await Promise.all([first, second])).toStrictEqual(['old', 'set'])
})

test('who waits hears that a load came to nothing, and not so when its own process has written the key', async ({
  fleet,
  server,
}) => {
  const [one, two] = fleet(2) as [Cache, Cache]
  const ends = [
    ['', (load: ControlledLoader) => one.set('k', 'set').then(() => load.finish('old'))],
    ['', (load: ControlledLoader) => one.delete('k').then(() => load.finish('old'))],
    ['nothing', (load: ControlledLoader) => load.finish(undefined)],
    ['nothing', (load: ControlledLoader) => load.fail(new Error('no'))],
  ] as const
  for (const [message, end] of ends) {
    await one.delete('k')
    const load = controlledLoader()
    const asked = one.getOrSet('k', load.loader).catch(() => {})
    await eventually(() => load.begun === 1)
    const [lock] = (await server.command('KEYS', '*load*')) as [string]
    await two.use(async (own) => {
      const heard: unknown[] = []
      own.onPush(([kind, , text]) => kind === 'smessage' && heard.push(String(text)))
      await own.command(['SSUBSCRIBE', lock])
      await end(load)
      await asked
      await eventually(() => heard.length > 0)
      expect(heard).toStrictEqual([message])
    })
  }
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
  const { load, first, second } = await heldLoad(one, two, server)
  load.finish('readable')
  expect(await Promise.all([first, second])).toStrictEqual(['readable', 'readable'])
  expect(await server.command('GET', one.makeKey('k'))).toBe('"readable"')
})

test('what another process writes while a useless value is looked at is not loaded again', async ({
  pair: [one, two],
}) => {
  const look = controlledLoader()
  const isUseful = async (value: string): Promise<boolean> =>
    value !== 'useless' || (await look.loader({ signal: new AbortController().signal })) === true
  const schema = v.pipeAsync(v.string(), v.checkAsync(isUseful))
  await one.set('k', 'useless')
  const asked = two.typed({ key: () => 'k', schema }).getOrSet(0, unwanted)
  await eventually(() => look.begun === 1)
  await one.set('k', 'useful')
  look.finish(false)
  expect(await asked).toBe('useful')
})

test('a lock is renewed while the loader runs, and its key is in the database no longer than that', async ({
  fleet,
  server,
}) => {
  const [cache] = fleet(1, { fleetLease: 600 }) as [Cache]
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

test('a value is not kept when the lock cannot be had in time', async ({ fleet, server }) => {
  const [one, two] = fleet(2, { readDeadline: 100, onError: () => {} }) as [Cache, Cache]
  onTestFinished(async () => void (await server.command('CLIENT', 'UNPAUSE')))
  const patient = { deadline: 10_000 }
  await Promise.all([one.get('k', patient), two.get('k', patient)])
  await server.command('CLIENT', 'PAUSE', 60_000, 'WRITE')
  const load = controlledLoader()
  const asked = one.getOrSet('k', load.loader, { waitForWrite: true })
  await eventually(() => load.begun === 1)
  await server.command('CLIENT', 'UNPAUSE')
  await two.delete('k')
  load.finish('old')
  expect(await asked).toBe('old')
  expect(await two.get('k', patient)).toBeUndefined()
})

test('a deadline bounds the wait for another process, and later callers wait too', async ({ pair: [one, two] }) => {
  const load = controlledLoader()
  const first = one.getOrSet('k', load.loader, { waitForWrite: true })
  await eventually(() => load.begun === 1)
  await two.ping()
  await expect(two.getOrSet('k', unwanted, { deadline: 1_000 })).rejects.toMatchObject({ code: 'E_TIMEOUT' })
  const later = two.getOrSet('k', unwanted)
  await expect(two.getOrSet('k', unwanted, { deadline: 1_000 })).rejects.toMatchObject({ code: 'E_TIMEOUT' })
  load.finish('first')
  expect(await Promise.all([first, later])).toStrictEqual(['first', 'first'])
})

/** Two loads of a key in one process: the older one's caller has left at the end of a deadline. */
async function overdue(
  cache: Cache,
): Promise<[older: ControlledLoader, newer: ControlledLoader, asked: Promise<unknown>]> {
  const [older, newer] = [controlledLoader(), controlledLoader()]
  await cache.ping()
  const left = cache.getOrSet('k', older.loader, { deadline: 1_000 })
  await eventually(() => older.begun === 1)
  await expect(left).rejects.toMatchObject({ code: 'E_TIMEOUT' })
  const asked = cache.getOrSet('k', newer.loader, { waitForWrite: true })
  await eventually(() => newer.begun === 1)
  return [older, newer, asked]
}

test('a load beside an overdue one is not written over what another process did meanwhile', async ({
  pair: [one, two],
}) => {
  const [older, newer, asked] = await overdue(one)
  await two.delete('k')
  newer.finish('newer')
  expect(await asked).toBe('newer')
  older.finish('older')
  expect(await two.get('k')).toBeUndefined()
})

test('of an overdue load and one beside it, the value of the first that ends is there for other processes', async ({
  pair: [one, two],
  server,
}) => {
  for (const ended of ['older', 'newer'] as const) {
    const [older, newer, asked] = await overdue(one)
    const waiting = two.getOrSet('k', unwanted)
    await eventually(async () => (await listeners(server)) === 1)
    if (ended === 'older') older.finish('older')
    else newer.finish('newer')
    expect(await waiting).toBe(ended)
    newer.finish('newer')
    expect(await asked).toBe('newer')
    older.finish('older')
    expect(await two.get('k')).toBe(ended)
    await two.delete('k')
  }
})

test('what a call loads for its process alone is kept under the lock, which it does not wait for', async ({
  pair: [one, two],
}) => {
  const load = controlledLoader()
  const first = one.getOrSet('k', load.loader, { singleFlight: 'process', waitForWrite: true })
  await eventually(() => load.begun === 1)
  expect(await two.getOrSet('k', () => 'own', { singleFlight: 'process', waitForWrite: true })).toBe('own')
  await two.delete('k')
  load.finish('old')
  expect(await first).toBe('old')
  expect(await two.get('k')).toBeUndefined()
  await two.getOrSet('k', () => 'kept', { singleFlight: 'process', waitForWrite: true })
  expect(await one.get('k')).toBe('kept')
})

test('a load whose lock another process took away takes no new callers', async ({ fleet }) => {
  const [one, two] = fleet(2, { fleetLease: 600 }) as [Cache, Cache]
  const [older, newer] = [controlledLoader(), controlledLoader()]
  const asked = [one.getOrSet('k', older.loader)]
  await eventually(() => older.begun === 1)
  await two.delete('k')
  await eventually(() => {
    asked.push(one.getOrSet('k', newer.loader))
    return newer.begun === 1
  })
  newer.finish('newer')
  expect(await asked.at(-1)).toBe('newer')
  older.finish('older')
  expect(await asked[0]).toBe('older')
  expect(await two.get('k')).toBe('newer')
})

test('processes whose loaders fail do not wait for more than two others, and one of the rest keeps its value', async ({
  fleet,
  server,
}) => {
  const caches = fleet(5)
  const loads = caches.map(() => controlledLoader())
  const begun = (): number => loads.reduce((sum, load) => sum + load.begun, 0)
  const asked = caches.map((cache, index) =>
    cache
      .getOrSet('k', loads[index]!.loader, { waitForWrite: true })
      .catch((error: unknown) => (error as Error).message),
  )
  const failed = new Set<ControlledLoader>()
  for (const others of [4, 3]) {
    await eventually(async () => begun() === caches.length - others && (await listeners(server)) === others)
    const running = loads.find((load) => load.begun === 1 && !failed.has(load))!
    failed.add(running)
    running.fail(new Error('no'))
  }
  await eventually(() => begun() === caches.length)
  for (const load of loads) load.finish('v')
  const given = await Promise.all(asked)
  expect(given.map((value, index) => value === (failed.has(loads[index]!) ? 'no' : 'v'))).not.toContain(false)
  expect(await caches[0]!.get('k')).toBe('v')
})

test('a loaderDeadline bounds the wait for another process too', async ({ pair: [one, two] }) => {
  const load = controlledLoader()
  const first = one.getOrSet('k', load.loader)
  await eventually(() => load.begun === 1)
  await expect(two.getOrSet('k', unwanted, { loaderDeadline: 100 })).rejects.toMatchObject({ code: 'E_TIMEOUT' })
  load.finish('first')
  expect(await first).toBe('first')
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

test('needs no right to DEL', async ({ server, fleet }) => {
  await server.command('ACL', 'SETUSER', 'unlinks', 'on', '>secret', '+@all', '-del', '~*', '&*')
  const [cache] = fleet(1, { username: 'unlinks', password: 'secret' }) as [Cache]
  expect(await cache.getOrSet('k', () => 'loaded', { waitForWrite: true })).toBe('loaded')
  expect(await cache.get('k')).toBe('loaded')
  expect(await server.command('KEYS', '*load*')).toStrictEqual([])
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
  const { cache } = make({ cache: { location: at(ownServer), singleFlight: 'fleet', onError } })
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

test('many: what another process deletes while it is loaded is not kept, and the rest is, in one call of the loader', async ({
  pair: [one, two],
  server,
}) => {
  const keys = Array.from({ length: 20 }, (_, index) => `k${index}`)
  const load = controlledLoader()
  const asked = one.getOrSetMany(
    keys,
    async (missing, context) => {
      await load.loader(context)
      return missing.map((key) => [key, 'loaded'])
    },
    { waitForWrite: true },
  )
  await eventually(() => load.begun === 1)
  await two.delete('k0')
  load.finish(undefined)
  expect((await asked).size).toBe(20)
  expect(load.begun).toBe(1)
  expect([...(await two.getMany(keys)).keys()]).toStrictEqual(keys.slice(1))
  expect(await server.command('KEYS', '*load*')).toStrictEqual([])
})

test('many: what another process loads is loaded all the same, and not kept; what it does not is kept', async ({
  pair: [one, two],
}) => {
  const load = controlledLoader()
  const first = one.getOrSet('a', load.loader, { waitForWrite: true })
  await eventually(() => load.begun === 1)
  const own = await two.getOrSetMany(['a', 'b'], (missing) => missing.map((key) => [key, 'own']), {
    waitForWrite: true,
  })
  expect([...own.values()]).toStrictEqual(['own', 'own'])
  expect([await two.get('a'), await two.get('b')]).toStrictEqual([undefined, 'own'])
  load.finish('first')
  await first
  expect(await two.get('a')).toBe('first')
})

test('a call asks for it only in a cache that has it', async ({ cache }) => {
  const options: GetOrSetOptions = { singleFlight: 'fleet' }
  await expect(cache.getOrSet('k', () => 1, options)).rejects.toThrow(ConfigurationError)
  await expect(cache.getOrSet('k', () => 1, options)).rejects.toThrow(/getOrSet\(\)\.singleFlight: set singleFlight/)
})
