import * as v from 'valibot'
import { expect } from 'vitest'
import type { Cache, CacheOptions, NearOptions } from '../../src/index.js'
import { eventually, freePort, type LabServer } from '../../src/lab/index.js'
import { at, callsOf, test as base } from '../support/caches.js'
import { held, nearStats } from '../support/near.js'
import { refusals } from '../support/refusals.js'

const test = base.extend('near', ({ server, make }): Cache => {
  return make({ cache: { location: at(server), prefix: 'app', near: true } }).cache
})

async function reads(server: LabServer): Promise<number> {
  return (await callsOf(server, 'get')) + (await callsOf(server, 'mget'))
}

test('a value that was read once is answered from memory, and no server is asked', async ({ near, server }) => {
  await server.command('SET', 'app:1:k', '{"n":1}')
  expect(await near.get('k')).toStrictEqual({ n: 1 })
  const before = await reads(server)
  for (let time = 0; time < 10; time++) expect(await near.get('k')).toStrictEqual({ n: 1 })
  expect(await reads(server)).toBe(before)
  expect(nearStats(near)).toMatchObject({ hits: 10, misses: 1, entries: 1 })
})

test.for<[name: string, NearOptions, CacheOptions]>([
  ['broadcast', {}, { prefix: 'app' }],
  ['default', { mode: 'default' }, { prefix: 'app' }],
  ['opt-in', { mode: 'opt-in' }, { prefix: 'app' }],
  ['default for lack of a prefix', {}, {}],
  ['default with a key function', {}, { keyFunction: (key, _, version) => `own/${version}/${key}` }],
])('what another client writes is seen: %s', async ([, options, more], { server, make }) => {
  const { cache } = make({ cache: { location: at(server), near: options, ...more } })
  const made = cache.makeKey('k')
  await server.command('SET', made, '1')
  await held(cache, 'k')
  for (const [write, seen] of [
    [['SET', made, '2'], 2],
    [['INCR', made], 3],
    [['DEL', made], undefined],
    [['SET', made, '4', 'PX', '100000'], 4],
    [['PEXPIRE', made, '-1'], undefined],
  ] as const) {
    await server.command(...write)
    await eventually(async () => (await cache.get('k')) === seen)
    await held(cache, 'k')
    expect(await cache.get('k')).toBe(seen)
  }
  expect(nearStats(cache).invalidations).toBeGreaterThanOrEqual(5)
})

test('own writes are seen at once, by typed caches and by caches beside it as well', async ({ server, make }) => {
  const options = { location: at(server), prefix: 'app', near: true }
  const { one, two } = make({ one: options, two: options })
  const typed = one.typed({ key: (id: number) => String(id), schema: v.object({ n: v.number() }) })
  for (let n = 1; n <= 50; n++) {
    await one.set('1', { n })
    expect(await one.get('1')).toStrictEqual({ n })
    expect(await typed.get(1)).toStrictEqual({ n })
    const setting = typed.set(1, { n: -n })
    expect(await one.get('1')).toStrictEqual({ n: -n })
    await setting
    expect(await typed.get(1)).toStrictEqual({ n: -n })
  }
  await eventually(async () => ((await two.get<{ n: number }>('1')) as { n: number }).n === -50)
  await one.delete('1')
  expect(await one.get('1')).toBeUndefined()
  await one.setMany({ a: 1, b: 2 })
  await held(one, 'a')
  await one.pipeline((p) => [p.set('a', 3), p.incr('b')])
  expect([...(await one.getMany(['a', 'b'])).values()]).toStrictEqual([3, 3])
  await one.use((own) => own.batch([['SET', one.makeKey('a'), '5']]))
  expect(await one.get('a')).toBe(5)
  await one.clear()
  expect(await one.getMany(['a', 'b'])).toStrictEqual(new Map())
})

test('of several connections, one that is lost takes along what came by the others', async ({ ownServer, make }) => {
  const pool = { connections: 2 }
  const { cache } = make({ cache: { location: at(ownServer), prefix: 'app', near: true, pool } })
  await cache.set('a', 1)
  const tracked = await eventually(async () => {
    const ids = await trackedIds(ownServer)
    return ids.length === 2 && ids
  })
  const keys = Array.from({ length: 8 }, (_, index) => `k${index}`)
  for (const key of keys) {
    await cache.set(key, 1)
    await held(cache, key)
  }
  await ownServer.command('CLIENT', 'KILL', 'ID', String(Math.min(...tracked)))
  await eventually(() => nearStats(cache).flushes.connection > 0)
  expect(nearStats(cache).entries).toBe(0)
})

test.for(['near', 'plain'] as const)(
  'with several connections reads of one tick wait for none of each other: %s',
  async (kind, { ownServer, make }) => {
    const options = { location: at(ownServer), prefix: 'app', near: kind === 'near', pool: { connections: 2 } }
    const { cache } = make({ cache: options })
    await cache.set('a', 1)
    await eventually(() => Object.values(cache.stats().nodes)[0]?.pool?.connections === 2)
    await cache.set('a', 1)
    const before = await callsOf(ownServer, 'ping')
    await Promise.all(Array.from({ length: 40 }, (_, index) => cache.get(`k${index}`)))
    expect([await callsOf(ownServer, 'ping'), await callsOf(ownServer, 'mget')]).toStrictEqual([before, 0])
  },
)

test('a read that is given up takes no other of its tick along', async ({ near }) => {
  const reason = new Error('given up')
  const controller = new AbortController()
  const { signal } = controller
  const reads = [
    near.get('a', { signal }),
    near.get('b'),
    near.get('c', { signal }),
    near.get('d', { deadline: '30s' }),
  ]
  controller.abort(reason)
  const given = { status: 'rejected', reason }
  const absent = { status: 'fulfilled', value: undefined }
  expect(await Promise.allSettled(reads)).toStrictEqual([given, absent, given, absent])
})

test('getMany asks for those that memory does not have, and getOrSetMany loads none of those that are held', async ({
  near,
  server,
}) => {
  await near.setMany({ a: 1, b: 2, c: 3 })
  for (const key of ['a', 'c']) await held(near, key)
  const { misses } = nearStats(near)
  expect([...(await near.getMany(['c', 'a', 'b', 'd']))]).toStrictEqual([
    ['c', 3],
    ['a', 1],
    ['b', 2],
  ])
  expect(nearStats(near).misses).toBe(misses + 2)
  const before = await reads(server)
  expect(await near.getMany(['a', 'b', 'c', 'd'])).toHaveProperty('size', 3)
  const load = async (missing: readonly (string | number)[]): Promise<[string | number, number][]> =>
    missing.map((key) => [key, 9])
  expect([...(await near.getOrSetMany(['a', 'b', 'c'], load)).values()]).toStrictEqual([1, 2, 3])
  expect(await reads(server)).toBe(before)
  expect([...(await near.getOrSetMany(['a', 'd'], load))]).toStrictEqual([
    ['a', 1],
    ['d', 9],
  ])
})

test('what is dropped while other keys are asked for is asked for as well', async ({ near }) => {
  const none = (): [string, number][] => []
  for (const read of [
    (): Promise<Map<unknown, unknown>> => near.getMany(['a', 'b']),
    (): Promise<Map<unknown, unknown>> => near.getOrSetMany(['a', 'b'], none),
  ]) {
    await near.set('a', 1)
    await held(near, 'a')
    const both = read()
    await near.set('a', 2)
    expect([...(await both)]).toStrictEqual([['a', 2]])
  }
})

test('getOrSet and wrapped functions are answered from memory, and load what is missing once', async ({ near }) => {
  let loads = 0
  const load = (): { n: number } => ({ n: ++loads })
  const wrapped = near.wrap(load, { key: () => 'w' })
  expect(await near.getOrSet('k', load, { waitForWrite: true })).toStrictEqual({ n: 1 })
  await held(near, 'k')
  const { hits } = nearStats(near)
  expect(await near.getOrSet('k', load)).toStrictEqual({ n: 1 })
  expect(nearStats(near).hits).toBe(hits + 1)
  expect(await wrapped()).toStrictEqual({ n: 2 })
  await held(near, 'w')
  expect(await wrapped()).toStrictEqual({ n: 2 })
  expect(await near.getOrSet('k', load, { refresh: true, waitForWrite: true })).toStrictEqual({ n: 3 })
  expect(await near.get('k')).toStrictEqual({ n: 3 })
})

test('a call with its own readFrom or near: false asks the server', async ({ near, server }) => {
  await server.command('SET', 'app:1:k', '1')
  await held(near, 'k')
  const before = await reads(server)
  await near.get('k', { near: false })
  await near.get('k', { readFrom: 'primary' })
  await near.getMany(['k'], { near: false })
  await near.getOrSet('k', () => 2, { near: false })
  await near.getOrSetMany(['k'], () => [], { near: false })
  expect(await reads(server)).toBe(before + 5)
  await expect(near.get('k', { near: 1 } as never)).rejects.toHaveProperty('code', 'E_CONFIG')
})

test('a tagged value is held for as long as none of its tags is invalidated', async ({ server, make }) => {
  const options = { location: at(server), prefix: 'app', format: 'framed' } as const
  const { near, other } = make({ near: { ...options, near: true }, other: options })
  const load = (): { n: number } => ({ n: 9 })
  for (const invalidate of [near, other]) {
    await other.set('k', { n: 1 }, { tags: ['a', 'b'] })
    await eventually(async () => (await near.get<{ n: number }>('k'))?.n === 1)
    await held(near, 'k')
    const before = await callsOf(server, 'hmget')
    expect(await near.getOrSet('k', load, { tags: ['a'] })).toStrictEqual({ n: 1 })
    expect(await near.get('k', { tags: ['a'] })).toStrictEqual({ n: 1 })
    expect(await callsOf(server, 'hmget')).toBe(before)
    await invalidate.invalidateTags(['b'])
    if (invalidate === near) expect(await near.get('k')).toBeUndefined()
    await eventually(async () => (await near.get('k')) === undefined)
  }
  expect(await near.getOrSet('k', load, { tags: ['a'], waitForWrite: true })).toStrictEqual({ n: 9 })
  await held(near, 'k')
  await server.command('CLIENT', 'KILL', 'TYPE', 'normal')
  await eventually(() => nearStats(near).entries === 0)
  expect(nearStats(near).flushes.connection).toBeGreaterThanOrEqual(1)
})

test('callers who ask for a key at the same time ask the server once, and those after an own write ask again', async ({
  near,
  server,
}) => {
  await server.command('SET', 'app:1:k', '{"n":1}')
  await near.ping()
  const before = await reads(server)
  const [one, two] = await Promise.all([near.get('k'), near.get('k')])
  expect([one, two]).toStrictEqual([{ n: 1 }, { n: 1 }])
  expect(await reads(server)).toBe(before + 1)
  await near.delete('k')
  const first = near.get('k')
  const writing = near.set('k', 2)
  expect(await Promise.all([first, near.get('k')])).toStrictEqual([undefined, 2])
  await writing
})

test("what is written on a connection of one's own is seen at once, while the work goes on and afterwards", async ({
  near,
}) => {
  await near.set('k', 0)
  await near.use(async (own) => {
    for (let n = 1; n <= 20; n++) {
      await held(near, 'k')
      const { hits } = nearStats(near)
      const setting = own.command(['SET', near.makeKey('k'), String(n)])
      await near.get('k')
      expect(nearStats(near).hits, 'what was there before is not served any more').toBe(hits)
      await setting
      expect(await near.get('k')).toBe(n)
      await held(near, 'k')
      await own.batch([['SET', near.makeKey('k'), String(-n)]])
      expect(await near.get('k')).toBe(-n)
    }
  })
  expect(await near.get('k')).toBe(-20)
})

test("with 'opt-in' every key of a large getMany is tracked, wherever its portions are cut", async ({
  server,
  make,
}) => {
  const { cache, other } = make(
    { cache: { near: { mode: 'opt-in' } }, other: {} },
    { location: at(server), prefix: 'app' },
  )
  const keys = Array.from({ length: 700 }, (_, n) => `k:${n}`)
  await other.setMany(keys.map((key) => [key, 1] as const))
  await cache.getMany(keys)
  expect(nearStats(cache).entries).toBe(keys.length)
  await other.setMany(keys.map((key) => [key, 2] as const))
  await eventually(() => nearStats(cache).entries === 0)
})

test("with 'opt-in' what was refused and asked again is not held: nobody would announce its changes", async ({
  ownServer: server,
  make,
}) => {
  await server.command('SET', 'app:1:k', '1')
  await server.command('CONFIG', 'SET', 'replica-serve-stale-data', 'no')
  await server.command('REPLICAOF', '127.0.0.1', await freePort())
  const { cache } = make({ cache: { location: at(server), prefix: 'app', near: { mode: 'opt-in' } } })
  const reading = cache.get('k', { deadline: '30s' })
  await eventually(async () => (await refusals(server, 'MASTERDOWN')) > 0)
  await server.command('REPLICAOF', 'NO', 'ONE')
  expect(await reading).toBe(1)
  expect(nearStats(cache)).toMatchObject({ misses: 1, entries: 0 })
  expect(await held(cache, 'k')).toBe(1)
})

test('one server: copies are dropped when it becomes a replica, and when it is a primary again', async ({
  ownServer: server,
  make,
}) => {
  const { cache } = make({ cache: { location: at(server), prefix: 'app', near: true } })
  await cache.set('k', 1)
  for (const role of [
    ['127.0.0.1', await freePort()],
    ['NO', 'ONE'],
  ] as const) {
    await held(cache, 'k')
    const { connection } = nearStats(cache).flushes
    await server.command('REPLICAOF', ...role)
    await eventually(() => nearStats(cache).flushes.connection > connection)
  }
})

/** The connections to which a server announces changes. */
async function trackedIds(server: LabServer): Promise<readonly number[]> {
  const list = String(await server.command('CLIENT', 'LIST'))
  const tracked = list.split('\n').filter((line) => /\bflags=\S*t/.test(line))
  return tracked.map((line) => Number(/^id=(\d+)/.exec(line)?.[1]))
}
