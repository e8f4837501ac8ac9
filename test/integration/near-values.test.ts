import * as v from 'valibot'
import { expect, vi } from 'vitest'
import type { CacheOptions, Serializer, StandardSchema } from '../../src/index.js'
import { eventually } from '../../src/lab/index.js'
import { wallClock } from '../../src/units.js'
import { at, callsOf, test } from '../support/caches.js'
import { held, inFuture, isHeldIn, nearStats } from '../support/near.js'

const near = { prefix: 'app', near: true } as const

test("with 'freeze' plain values are frozen in every answer, and others are each caller's own", async ({
  server,
  make,
}) => {
  const { cache } = make({ cache: { location: at(server), serializer: 'v8', ...near } })
  const list = [{ n: 1 }]
  const first = await cache.getOrSet('list', () => list, { waitForWrite: true })
  expect(Object.isFrozen(first[0])).toBe(true)
  expect(Object.isFrozen(list)).toBe(false)
  const read = (await cache.get<{ n: number }[]>('list')) as { n: number }[]
  expect(Object.isFrozen(read[0])).toBe(true)
  await held(cache, 'list')
  expect(await cache.get('list')).toBe(await cache.get('list'))
  expect([...(await cache.getMany<object[]>(['list'])).values()].every((one) => Object.isFrozen(one[0]))).toBe(true)
  const dated = { at: new Date(0), map: new Map([['a', Buffer.from('b')]]) }
  await cache.set('dated', dated)
  const one = (await held<typeof dated>(cache, 'dated')) as typeof dated
  one.at.setTime(5)
  one.map.clear()
  expect(await cache.get('dated')).toStrictEqual(dated)
})

test("with 'structured' each caller has an object of its own, with 'none' all have one", async ({ server, make }) => {
  const { own, one } = make(
    { own: { near: { clone: 'structured' } }, one: { near: { clone: 'none' } } },
    { location: at(server), prefix: 'app' },
  )
  await own.set('k', { list: [1] })
  for (const cache of [own, one]) await held(cache, 'k')
  const mine = (await own.get<{ list: number[] }>('k')) as { list: number[] }
  mine.list.push(2)
  expect(await own.get('k')).toStrictEqual({ list: [1] })
  const ours = (await one.get<{ list: number[] }>('k')) as { list: number[] }
  ours.list.push(2)
  expect(await one.get('k')).toBe(ours)
})

test('a copy ends with the ttl on the server, with its own, and with maxStaleness', async ({ server, make }) => {
  const { long, brief, usual } = make(
    { long: { near: { maxStaleness: '1h' } }, brief: { near: { ttl: '30s' } }, usual: { near: true } },
    { location: at(server), prefix: 'app' },
  )
  await long.setMany({ lasting: 1 }, { ttl: '2h' })
  await long.set('ending', 1, { ttl: '10m' })
  for (const [cache, key, longest] of [
    [long, 'ending', 600_000],
    [long, 'lasting', 3_600_000],
    [brief, 'lasting', 30_000],
    [usual, 'lasting', 60_000],
  ] as const) {
    await held(cache, key)
    // Between a read and the one that finds its value held some time may pass, on a busy machine too.
    expect(await isHeldIn(longest / 2, cache, key)).toBe(true)
    expect(await isHeldIn(longest, cache, key)).toBe(false)
  }
})

test('what a server does not announce is seen after maxStaleness', async ({ server, make }) => {
  const { cache } = make({ cache: { location: at(server), ...near } })
  await cache.set('k', 1)
  await held(cache, 'k')
  await server.command('SWAPDB', '0', '1')
  expect(await inFuture(30_000, () => cache.get('k'))).toBe(1)
  expect(await inFuture(60_000, () => cache.get('k'))).toBeUndefined()
  await server.command('SWAPDB', '0', '1')
})

test('past its ttl a value is loaded anew while its grace lasts, and is a miss for get', async ({ server, make }) => {
  const { cache } = make({ cache: { location: at(server), grace: '1m', ...near } })
  await cache.set('k', 'old', { ttl: 60 })
  await eventually(async () => (await cache.get('k')) === undefined)
  expect(await cache.get('k', { stale: true })).toBe('old')
  let loads = 0
  const load = (): string => `new ${++loads}`
  expect(await cache.getOrSet('k', load)).toBe('old')
  // Who looks while a new value is on its way may find the old one, and load once more.
  await eventually(async () => (await cache.getOrSet('k', load)) !== 'old')
  await held(cache, 'k')
  const begun = loads
  expect(await cache.getOrSet('k', load)).toMatch(/^new/)
  expect(loads).toBe(begun)
})

test('a value that is due is loaded anew behind a hit', async ({ server, make }) => {
  const { cache } = make({ cache: { location: at(server), refreshAt: 0, ttl: '1m', ...near } })
  let loads = 0
  const load = (): string => `made ${++loads}`
  expect(await cache.getOrSet('k', load, { waitForWrite: true })).toBe('made 1')
  await held(cache, 'k')
  const { hits } = nearStats(cache)
  await cache.getOrSet('k', load)
  expect(nearStats(cache).hits).toBe(hits + 1)
  await eventually(() => loads >= 2)
})

test('absences are held, and end when the key is made', async ({ server, make }) => {
  const { cache } = make({ cache: { location: at(server), negativeTtl: '1m', ...near } })
  await held(cache, 'k')
  const before = await callsOf(server, 'get')
  expect(await cache.get('k')).toBeUndefined()
  expect(await callsOf(server, 'get')).toBe(before)
  let loads = 0
  const load = (): undefined => void loads++
  await cache.getOrSet('k', load, { waitForWrite: true })
  for (let time = 0; time < 5; time++) expect(await cache.getOrSet('k', load)).toBeUndefined()
  expect(loads).toBe(1)
  await server.command('SET', 'app:1:k', '5')
  await eventually(async () => (await cache.get('k')) === 5)
})

test('a memo of a typed cache is answered from memory, and its schema makes a value once', async ({ server, make }) => {
  const { cache } = make({ cache: { location: at(server), ...near } })
  const schema: StandardSchema<string[], string[]> = {
    '~standard': { version: 1, validate: (value) => ({ value: [...(value as string[]), 'made'] }) },
  }
  const lists = cache.typed({ key: (id: number) => `list:${id}`, schema })
  await lists.set(1, ['a'])
  await eventually(async () => {
    const { hits } = nearStats(cache)
    await lists.get(1)
    return nearStats(cache).hits > hits
  })
  const before = await callsOf(server, 'get')
  const memo = lists.memo()
  for (let time = 0; time < 3; time++) expect(await memo.get(1)).toStrictEqual(['a', 'made'])
  expect(await callsOf(server, 'get')).toBe(before)
})

test('memos, herd caches and other versions are answered from memory as well', async ({ server, make }) => {
  const { cache, herd } = make(
    { cache: {}, herd: { herd: true, serializer: 'pickle' } },
    { location: at(server), ...near },
  )
  await cache.set('k', { n: 1 })
  await cache.set('k', { n: 2 }, { version: 2 })
  await herd.set('h', [1])
  await held(cache, 'k')
  await held(herd, 'h')
  const memo = cache.memo()
  const before = await callsOf(server, 'get')
  const [one, two] = await Promise.all([memo.get<object>('k'), memo.get<object>('k')])
  expect([one, two, await herd.get('h')]).toStrictEqual([{ n: 1 }, { n: 1 }, [1]])
  expect(await callsOf(server, 'get')).toBe(before)
  await eventually(async () => {
    const { hits } = nearStats(cache)
    expect(await cache.get('k', { version: 2 })).toStrictEqual({ n: 2 })
    return nearStats(cache).hits > hits
  })
  expect(await cache.get('k')).toStrictEqual({ n: 1 })
  await server.command('SET', 'app:2:k', '3')
  await eventually(async () => (await cache.get('k', { version: 2 })) === 3)
  await expect(cache.get('\uD800app:2:k')).rejects.toHaveProperty('code', 'E_KEY')
})

test('what is held is bounded in entries and in bytes, whatever is read', async ({ server, make }) => {
  const { few, small } = make(
    { few: { near: { maxEntries: 10 } }, small: { near: { maxBytes: 20_000 } } },
    { location: at(server), prefix: 'app', format: 'framed' },
  )
  const keys = Array.from({ length: 100 }, (_, n) => `k:${n}`)
  await few.setMany(
    keys.map((key) => [key, 'x'.repeat(500)] as const),
    { tags: ['all'] },
  )
  for (const cache of [few, small]) for (let round = 0; round < 3; round++) await cache.getMany(keys)
  expect(nearStats(few).entries).toBe(10)
  expect(nearStats(small).bytes).toBeLessThanOrEqual(20_000)
  expect(nearStats(small).entries).toBeGreaterThan(3)
})

test('code that awaits nothing but hits still sees what others write', async ({ server, make }) => {
  const { cache, other } = make({ cache: near, other: { prefix: 'app' } }, { location: at(server) })
  await other.set('k', 0)
  let reads = 0
  for (let n = 1; reads === 0; n++) {
    await held(cache, 'k')
    const writing = other.set('k', n)
    // No turn of the loop is awaited here: each read would go on at once.
    while ((await cache.get('k')) !== n && reads < 20_000_000) reads++
    expect(await cache.get('k')).toBe(n)
    await writing
  }
})

test('near caches with one prefix share one connection and one subscription', async ({ ownServer: server, make }) => {
  const { one, two, plain } = make({ one: near, two: near, plain: { prefix: 'app' } }, { location: at(server) })
  for (const cache of [one, two, plain]) await cache.set('k', 1)
  const clients = String(await server.command('CLIENT', 'LIST', 'TYPE', 'normal'))
  expect(clients.match(/flags=\S*t\S*/g)).toHaveLength(1)
  expect(String(await server.command('INFO', 'clients'))).toMatch(/tracking_clients:1\b/)
  await one.use((own) => own.batch([['PING']]))
  await held(two, 'k')
  await one.set('k', 2)
  await eventually(async () => (await two.get('k')) === 2)
})

test('stats of all caches, and of those without a near cache', async ({ server, make }) => {
  const caches = make({ one: { location: at(server), ...near }, plain: { location: at(server) }, local: {} })
  await caches.one.get('k')
  expect(caches.stats()).toMatchObject({
    one: {
      near: expect.objectContaining({
        hits: 0,
        misses: 1,
        flushes: { connection: 0, server: 0, slots: 0, writes: 0 },
      }) as unknown,
    },
    plain: { near: undefined },
    local: { near: undefined },
  })
})

test("memory:// hands out frozen values, values of one's own, or one for all, as clone says", async ({ make }) => {
  const {
    own,
    frozen,
    near: alike,
    one,
  } = make({ own: {}, frozen: { clone: 'freeze' }, near: { near: true }, one: { clone: 'none' } })
  for (const cache of [own, frozen, alike, one]) {
    await cache.set('k', { list: [1] })
    await cache.get('k')
  }
  const mine = (await own.get<{ list: number[] }>('k')) as { list: number[] }
  mine.list.push(2)
  expect(await own.get('k')).toStrictEqual({ list: [1] })
  for (const cache of [frozen, alike])
    expect(Object.isFrozen((await cache.get<{ list: number[] }>('k'))?.list)).toBe(true)
  expect(await one.get('k')).toBe(await one.get('k'))
  await frozen.set('k', 2)
  expect(await frozen.get('k')).toBe(2)
  await frozen.incr('k')
  expect(await frozen.get('k')).toBe(3)
  await frozen.expire('k', 1)
  await eventually(async () => (await frozen.get('k')) === undefined)
})

test('a tagged value is not held when its tag is invalidated while the value is being decoded', async ({
  server,
  make,
}) => {
  const options = { location: at(server), prefix: 'app', format: 'framed' } as const
  const { near, other } = make({ near: { ...options, near: true }, other: options })
  await other.setMany({ slow: 1, beside: 1 }, { tags: ['t'] })
  let go = (): void => {}
  const gate = new Promise<void>((resolve) => (go = resolve))
  let decoding = false
  const schema = v.pipeAsync(
    v.unknown(),
    v.checkAsync(async () => {
      decoding = true
      await gate
      return true
    }),
  )
  const typed = near.typed({ key: (key: string) => key, schema })
  await held(near, 'beside')
  const reading = typed.get('slow')
  await eventually(() => decoding)
  await other.invalidateTags(['t'])
  await eventually(() => nearStats(near).entries === 0)
  go()
  await reading
  expect(await typed.get('slow')).toBeUndefined()
})

test.for<[where: string, near: boolean, CacheOptions]>([
  ['raw bytes, near', true, { serializer: 'raw' }],
  ['typed arrays of V8, near', true, { serializer: 'v8' }],
  ['raw bytes, memory://', false, { serializer: 'raw' }],
  ['typed arrays of V8, memory://', false, { serializer: 'v8' }],
])("bytes are each caller's own: %s", async ([, isNear, options], { server, make }) => {
  const place = isNear ? { location: at(server), ...near } : {}
  const { cache } = make({ cache: { ...options, ...place } })
  await cache.set('k', new Uint8Array(16).fill(1))
  const readers: (() => Promise<Uint8Array | undefined>)[] = [
    () => cache.get<Uint8Array>('k'),
    async () => (await cache.getMany<Uint8Array>(['k'])).get('k'),
    () => cache.getOrSet('k', () => new Uint8Array(0)),
  ]
  for (let round = 0; round < 3; round++)
    for (const read of readers) {
      const bytes = await read()
      expect([...(bytes ?? [])]).toStrictEqual(Array<number>(16).fill(1))
      bytes?.fill(2)
    }
  if (isNear) await held(cache, 'k')
  const [one, other] = [await readers[0]?.(), await readers[0]?.()]
  expect(one?.buffer === other?.buffer && one?.byteOffset === other?.byteOffset).toBe(false)
})

test("bytes are each caller's own where callers share a read of what must not be held", async ({ server, make }) => {
  const { cache } = make({
    cache: { location: at(server), prefix: 'app', near: { mode: 'opt-in' }, format: 'framed', serializer: 'raw' },
  })
  await cache.set('k', Buffer.alloc(16, 1), { tags: ['t'] })
  const [one, other] = await Promise.all([cache.get<Buffer>('k'), cache.get<Buffer>('k')])
  one?.fill(2)
  expect(other).toStrictEqual(Buffer.alloc(16, 1))
})

test.for<[where: string, clone: 'freeze' | 'structured', isNear: boolean]>([
  ['frozen, near', 'freeze', true],
  ['copied, near', 'structured', true],
  ['frozen, memory://', 'freeze', false],
  ['copied, memory://', 'structured', false],
])(
  "what a schema or a serializer gives to all is the application's: %s",
  async ([, clone, isNear], { server, make }) => {
    const place = isNear ? { location: at(server), prefix: 'app', near: { clone } } : { clone }
    const shared = { list: ['default'] }
    const serializer: Serializer = { name: 'own', serialize: () => 'x', deserialize: () => shared }
    const { cache, own } = make({ cache: place, own: { ...place, version: 2, serializer } })
    const schema: StandardSchema<unknown, typeof shared> = {
      '~standard': { version: 1, validate: () => ({ value: shared }) },
    }
    const typed = cache.typed({ key: (id: string) => id, schema })
    for (const one of [cache, own]) await one.set('k', true)
    const reads = [(): unknown => typed.get('k'), (): unknown => own.get('k')]
    for (let round = 0; round < 3; round++)
      for (const read of reads) {
        const value = await read()
        expect(value).toStrictEqual({ list: ['default'] })
        expect([Object.isFrozen(value), Object.isFrozen(shared)]).toStrictEqual([clone === 'freeze', false])
      }
    if (isNear) await held(own, 'k')
    const before = await own.get<typeof shared>('k')
    shared.list.push('more')
    expect(before).toStrictEqual({ list: ['default'] })
    expect(await own.get('k')).toStrictEqual({ list: ['default'] })
  },
)

test('memory://: a copy ends with the ms from which on its value is past its ttl', async ({ make }) => {
  const { cache } = make({ cache: { grace: '1h' } })
  const begun = wallClock.now()
  const clock = vi.spyOn(wallClock, 'now').mockReturnValue(begun)
  try {
    await cache.set('k', 'old', { ttl: 10 })
    for (const [after, value] of [
      [0, 'old'],
      [9, 'old'],
      [10, undefined],
    ] as const) {
      clock.mockReturnValue(begun + after)
      expect(await cache.get('k')).toBe(value)
    }
  } finally {
    clock.mockRestore()
  }
})

test('what is not served from memory is no hit: an absence before a loader runs', async ({ server, make }) => {
  const { cache } = make({ cache: { location: at(server), ...near } })
  await held(cache, 'absent')
  const { hits } = nearStats(cache)
  expect(await cache.getOrSet('absent', () => undefined)).toBe(undefined)
  await cache.getOrSetMany(['absent'], () => new Map())
  expect(nearStats(cache).hits).toBe(hits)
  await cache.get('absent')
  expect(nearStats(cache).hits).toBe(hits + 1)
})

test('memory:// holds what it has decoded within maxEntries and maxBytes', async ({ make }) => {
  const { few, small } = make({
    few: { near: { clone: 'none', maxEntries: 2 } },
    small: { near: { clone: 'none', maxBytes: 2_000 } },
  })
  for (const cache of [few, small]) {
    await cache.setMany([1, 2, 3].map((n) => [`k:${n}`, { text: 'x'.repeat(200) }] as const))
    const first = await cache.get('k:1')
    expect(await cache.get('k:1')).toBe(first)
    for (const key of ['k:2', 'k:3']) await cache.get(key)
    const again = await cache.get('k:1')
    expect(again).toStrictEqual(first)
    expect(again).not.toBe(first)
    expect(await cache.get('k:1')).toBe(again)
  }
})
