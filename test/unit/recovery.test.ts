import { expect, vi } from 'vitest'
import { ConnectionError, createCaches, ErrorReply, type Cache, type CacheOptions } from '../../src/index.js'
import { eventually } from '../../src/lab/index.js'
import { rejection } from '../support/rejection.js'
import { deleted, failing, names, test } from '../support/switched-caches.js'

test('a delete in an outage rejects as before, and its error says that it is kept', async ({ cache, client }) => {
  const error = await deleted(cache, client, 'k')
  expect(error).toBeInstanceOf(ConnectionError)
  expect(error).toMatchObject({ kept: true, code: 'E_CONNECTION', address: 'switched', retryable: true })
  expect(error.message).toMatch(/is off.* The delete is kept/)
})

test('a fail-safe cache answers false, and reports the error that says so', async ({ open, client }) => {
  const errors: unknown[] = []
  const cache = open({ failSafe: true, onError: (error) => errors.push(error) })
  client.on = false
  expect(await cache.delete('k')).toBe(false)
  expect(errors).toStrictEqual([expect.objectContaining({ kept: true })])
})

test.for<[what: string, remove: (cache: Cache) => Promise<unknown>]>([
  ['delete', (cache) => cache.delete('k')],
  ['deleteMany', (cache) => cache.deleteMany(['other', 'k'])],
  ['deleteMany of more than one portion', (cache) => cache.deleteMany([...names(2_500), 'k'])],
  ['set with a ttl of 0', (cache) => cache.set('k', 1, { ttl: 0 })],
  ['setMany with a ttl of 0', (cache) => cache.setMany({ k: 1 }, { ttl: 0 })],
  ['touch with a ttl of 0', (cache) => cache.touch('k', { ttl: 0 })],
  ['expire with a ttl below 0', (cache) => cache.expire('k', -1)],
  ['expireAt a moment that has passed', (cache) => cache.expireAt('k', Date.now() - 1_000)],
  ['a pipeline of deletes', (cache) => cache.pipeline((p) => [p.delete('k')])],
  ['a command whose keys are known', (cache) => cache.command(['DEL', 'k'], { key: 1 })],
])('what means that a key must be gone is kept: %s', async ([, remove], { cache, client }) => {
  await cache.set('k', 'old')
  expect(await failing(client, () => remove(cache))).toMatchObject({ kept: true })
  expect(await cache.get('k')).toBeUndefined()
})

test.for<[what: string, remove: (cache: Cache) => Promise<unknown>]>([
  ['touch with a ttl of 0', (cache) => cache.touch('k', { ttl: 0 })],
  ['expireAt a moment that has passed', (cache) => cache.expireAt('k', Date.now() - 1_000)],
  ['set with tags and a ttl of 0', (cache) => cache.set('k', 1, { tags: ['x'], ttl: 0 })],
  ['setMany with tags and a ttl of 0', (cache) => cache.setMany({ k: 1 }, { tags: () => ['x'], ttl: 0 })],
  ['a pipeline of those', (cache) => cache.pipeline((line) => [line.set('k', 1, { tags: ['x'], ttl: -1 })])],
])('and where values have frames: %s', async ([, remove], { open, client }) => {
  const cache = open({ format: 'framed' })
  await cache.set('k', 'old')
  expect(await failing(client, () => cache.touch('k', { ttl: '1m' }))).toMatchObject({ kept: false })
  expect(await failing(client, () => remove(cache))).toMatchObject({ kept: true })
  expect([await cache.get('k'), await cache.has('k'), await cache.ttl('k')]).toStrictEqual([
    undefined,
    false,
    undefined,
  ])
})

test('where loads are those of a fleet, a delete is kept together with the end of its loads', async ({
  open,
  telling,
}) => {
  const cache = open({ singleFlight: 'fleet' }, telling)
  telling.on = false
  expect((await rejection(cache.set('other', 1))).error).toMatchObject({ kept: false })
  expect((await rejection(cache.delete('k'))).error).toMatchObject({ kept: true })
  telling.switchOn()
  await eventually(() => telling.calls.length > 0)
  const [lock, key] = telling.calls.map(({ keys }) => keys)
  expect([lock, key]).toStrictEqual([[expect.stringMatching(/load/)], [':1:k']])
  expect(telling.calls).toHaveLength(2)
})

test.for<[what: string, call: (cache: Cache) => Promise<unknown>]>([
  ['a set', (cache) => cache.set('k', 1)],
  ['expireAt a moment to come', (cache) => cache.expireAt('k', Date.now() + 60_000)],
  ['a pipeline that also writes', (cache) => cache.pipeline((p) => [p.delete('other'), p.set('k', 1)])],
  ['flushDb', (cache) => cache.flushDb()],
  ['a command whose keys are not known', (cache) => cache.command(['DEL', ':1:k'])],
])('the error of anything else does not say that it is kept: %s', async ([, call], { cache, client }) => {
  await cache.set('k', 'old')
  expect(await failing(client, () => call(cache))).toMatchObject({ kept: false })
  expect(await cache.get('k')).toBe('old')
})

test('a delete that its caller has given up is not kept', async ({ cache, client }) => {
  await cache.set('k', 'old')
  client.on = false
  await rejection(cache.delete('k', { signal: AbortSignal.abort(new Error('given up')) }))
  client.on = true
  expect(await cache.get('k')).toBe('old')
})

test('recovery: false keeps nothing', async ({ open, client }) => {
  const cache = open({ recovery: false })
  expect(await deleted(cache, client, 'k')).toMatchObject({ kept: false })
  expect(await cache.get('k')).toBe('old')
})

test('until its delete has run, no server is asked for a key, and every read finds it missing', async ({
  cache,
  client,
}) => {
  await cache.set('there', 1)
  await cache.sadd('set', [1])
  await cache.hset('hash', { field: 1 })
  await cache.zadd('sorted', [['member', 1]])
  await cache.set('k', 'old')
  client.on = false
  await rejection(cache.deleteMany(['k', 'set', 'hash', 'sorted']))
  expect(await cache.get('k')).toBeUndefined()
  expect(await cache.getMany(['k'])).toStrictEqual(new Map())
  expect(await cache.has('k')).toBe(false)
  expect(await cache.ttl('k')).toBeUndefined()
  expect(await cache.smembers('set')).toStrictEqual([])
  expect(await cache.sscan('set')).toStrictEqual([])
  expect(await cache.scard('set')).toBe(0)
  expect(await cache.hgetall('hash')).toStrictEqual(new Map())
  expect(await cache.zrange('sorted', 0, -1)).toStrictEqual([])
  expect(await cache.zscore('sorted', 'member')).toBeUndefined()
  await rejection(cache.get('there'))
})

test('of several keys those that are deleted are missing, and the others are asked for', async ({ cache, client }) => {
  await cache.setMany({ k: 'old', there: 1 })
  client.on = false
  await rejection(cache.delete('k'))
  client.on = true
  client.calls.length = 0
  expect(await cache.getMany(['k', 'there', 'never'])).toStrictEqual(new Map([['there', 1]]))
  expect(await cache.has(['k', 'there'])).toBe(false)
  expect(client.calls[0]?.keys).toStrictEqual([':1:there'])
})

test('keys that are deleted are not listed', async ({ telling, open }) => {
  const cache = open({}, telling)
  await cache.setMany({ k: 'old', there: 1 })
  await failing(telling, () => cache.delete('k'))
  expect(await cache.keys('*')).toStrictEqual(['there'])
})

test('what is asked of several keys in one command is asked behind the delete', async ({ cache, client }) => {
  await cache.sadd('k', [1, 2])
  await cache.sadd('other', [2])
  await failing(client, () => cache.delete('k'))
  expect(await cache.sdiff(['other', 'k'])).toStrictEqual([2])
})

test('a pipeline finds a deleted key missing', async ({ cache, client }) => {
  await deleted(cache, client, 'k')
  expect(await cache.pipeline((p) => [p.get('k'), p.has('k'), p.get('other')])).toStrictEqual([
    undefined,
    false,
    undefined,
  ])
})

test('what was asked behind a delete that its server refuses is refused too, for it may have found the old value', async ({
  open,
  telling,
}) => {
  const cache = open({}, telling)
  await deleted(cache, telling, 'k')
  telling.refuse = () => new ErrorReply('READONLY it is a replica')
  const asked = cache.pipeline((p) => [p.get('k'), p.set('other', 1)])
  expect((await rejection(asked)).error).toMatchObject({ code: 'E_COMMAND' })
  expect(await cache.get('k')).toBeUndefined()
})

test.for<[what: string, write: (cache: Cache) => Promise<unknown>, answer: unknown, found: unknown]>([
  ['set', (cache) => cache.set('k', 'new'), true, 'new'],
  ['set with nx', (cache) => cache.set('k', 'new', { nx: true }), true, 'new'],
  ['set with xx', (cache) => cache.set('k', 'new', { xx: true }), false, undefined],
  ['add', (cache) => cache.add('k', 'new'), true, 'new'],
  ['setMany', (cache) => cache.setMany({ k: 'new' }), [], 'new'],
  ['incr', (cache) => cache.incr('k', 2, { create: true }), 2, 2],
  ['touch', (cache) => cache.touch('k', { ttl: '1m' }), false, undefined],
  ['persist', (cache) => cache.persist('k'), false, undefined],
  ['another delete', (cache) => cache.delete('k'), false, undefined],
  ['a pipeline', (cache) => cache.pipeline((p) => [p.set('k', 'new')]), [true], 'new'],
])(
  'a later write of the key takes the place of the delete, and never meets the old value: %s',
  async ([, write, answer, found], { telling, open }) => {
    const cache = open({}, telling)
    await deleted(cache, telling, 'k', 7)
    expect(await write(cache)).toStrictEqual(answer)
    telling.calls.length = 0
    expect(await cache.get('k')).toBe(found)
    expect(telling.calls).toHaveLength(1)
  },
)

test('a write that fails leaves the delete where it is', async ({ cache, client }) => {
  await deleted(cache, client, 'k')
  await failing(client, () => cache.set('k', 'new'))
  expect(await cache.get('k')).toBeUndefined()
})

test('calls of a deleted key run in the order in which they were made', async ({ cache, client }) => {
  await deleted(cache, client, 'k', 100)
  const calls = [cache.set('k', 5), cache.incr('k'), cache.incr('k', 10), cache.delete('other'), cache.incr('k', 100)]
  expect(await Promise.all(calls)).toStrictEqual([true, 6, 16, false, 116])
  expect(await cache.get('k')).toBe(116)
})

test('what is loaded while the delete is kept is handed over, and not written back', async ({ telling, open }) => {
  const cache = open({}, telling)
  await deleted(cache, telling, 'k')
  telling.calls.length = 0
  expect(await cache.getOrSet('k', () => 'loaded', { waitForWrite: true })).toBe('loaded')
  const many = cache.getOrSetMany(['k'], async () => [['k', 'loaded']], { waitForWrite: true })
  expect(await many).toStrictEqual(new Map([['k', 'loaded']]))
  expect(telling.calls).toStrictEqual([])
  telling.switchOn()
  await eventually(() => telling.calls.length > 0)
  expect(await cache.getOrSet('k', () => 'again', { waitForWrite: true })).toBe('again')
  expect(await cache.get('k')).toBe('again')
})

test('a client that tells when it can be used is given what is kept at once, and not before', async ({
  telling,
  open,
}) => {
  const cache = open({}, telling)
  await cache.setMany({ k: 'old', l: 'old' })
  telling.on = false
  await rejection(cache.delete('k'))
  await rejection(cache.expire('l', 0))
  telling.calls.length = 0
  telling.switchOn()
  await eventually(() => telling.calls.length > 0)
  expect(telling.calls.map(({ args }) => args)).toStrictEqual([
    ['UNLINK', ':1:k'],
    ['UNLINK', ':1:l'],
  ])
})

test('a client that does not tell is given what is kept after a pause', async ({ cache, client }) => {
  await deleted(cache, client, 'k')
  client.calls.length = 0
  expect(await cache.get('k')).toBeUndefined()
  expect(client.calls).toStrictEqual([])
  await cache.get('other')
  await eventually(() => client.calls.length === 2)
  expect(client.calls[1]?.args).toStrictEqual(['UNLINK', ':1:k'])
  expect(await cache.get('k')).toBeUndefined()
  expect(client.calls).toHaveLength(3)
})

test('a delete that fails though its server can be used is tried again after a pause', async ({ telling, open }) => {
  const cache = open({}, telling)
  await cache.set('k', 'old')
  telling.on = false
  const failed = rejection(cache.delete('k'))
  telling.on = true
  expect((await failed).error).toMatchObject({ kept: true })
  telling.calls.length = 0
  await eventually(() => telling.calls.length > 0)
  expect(telling.calls.map(({ args }) => args)).toStrictEqual([['UNLINK', ':1:k']])
})

test('a hundred keys leave at a time, in the order in which they were deleted', async ({ telling, open }) => {
  const cache = open({}, telling)
  telling.on = false
  await rejection(cache.deleteMany(names(250)))
  telling.switchOn()
  await eventually(() => telling.calls.length >= 250)
  expect(telling.calls.map(({ keys: [key] }) => key)).toStrictEqual(names(250).map((name) => `:1:${name}`))
})

test('past maxKeys a delete is not kept: its error says so, it is reported, and the older ones stay', async ({
  open,
  client,
  reports,
}) => {
  const cache = open({ recovery: { maxKeys: 2 } })
  await cache.setMany({ a: 1, b: 1, c: 1 })
  client.on = false
  expect((await rejection(cache.deleteMany(['a', 'b']))).error).toMatchObject({ kept: true })
  expect((await rejection(cache.delete('a'))).error).toMatchObject({ kept: true })
  expect((await rejection(cache.delete('c'))).error).toMatchObject({ kept: false })
  expect(reports).toStrictEqual(['RECOVERY'])
  client.on = true
  expect(await cache.getMany(['a', 'b', 'c'])).toStrictEqual(new Map([['c', 1]]))
})

test('past maxAge a delete is dropped and reported', async ({ open, telling, reports }) => {
  using clock = new Later()
  const cache = open({ recovery: { maxAge: '1m' } }, telling)
  await deleted(cache, telling, 'k')
  clock.forward(59_000)
  expect(await cache.get('k')).toBeUndefined()
  clock.forward(1_001)
  expect(await cache.get('k')).toBe('old')
  expect(reports).toStrictEqual(['RECOVERY'])
})

test('close sends what is kept to a server that can be used', async ({ open, telling, reports }) => {
  const cache = open({}, telling)
  await deleted(cache, telling, 'k')
  telling.calls.length = 0
  const closing = cache.close()
  expect((await rejection(cache.get('other'))).error).toMatchObject({ code: 'E_CLOSED' })
  await closing
  expect(telling.calls.map(({ args }) => args)).toStrictEqual([['UNLINK', ':1:k']])
  expect(reports).toStrictEqual([])
})

test('close reports what is lost where no server can be used', async ({ open, telling }) => {
  const texts: string[] = []
  const cache = open({ logger: { warn: (text) => texts.push(text), error: () => {} } }, telling)
  telling.on = false
  await rejection(cache.deleteMany(['a', 'b', 'c']))
  await cache.close()
  expect(texts).toStrictEqual([expect.stringMatching(/3 deletes are lost.*closed/)])
})

test.for<[option: object | boolean, path: string]>([
  [{ maxKeys: 0 }, 'caches.cache.recovery.maxKeys'],
  [{ maxAge: 0 }, 'caches.cache.recovery.maxAge'],
  [{ maxAge: 'long' }, 'caches.cache.recovery.maxAge'],
  [{ maxkeys: 5 }, 'caches.cache.recovery.maxkeys'],
  [true, 'caches.cache.recovery'],
])('options that cannot be are refused: %o', ([recovery, path]) => {
  const options = { recovery } as unknown as CacheOptions
  expect(() => createCaches({ cache: options })).toThrow(expect.objectContaining({ code: 'E_CONFIG', path }))
})

/** A monotonic clock that runs ahead. */
class Later {
  #ahead = 0
  readonly #now = performance.now.bind(performance)

  constructor() {
    vi.spyOn(performance, 'now').mockImplementation(() => this.#now() + this.#ahead)
  }

  forward(ms: number): void {
    this.#ahead += ms
  }

  [Symbol.dispose](): void {
    vi.restoreAllMocks()
  }
}
