import { randomBytes } from 'node:crypto'
import { expect } from 'vitest'
import {
  ConfigurationError,
  KeyNotFoundError,
  UnsupportedError,
  type Cache,
  type CacheOptions,
} from '../../src/index.js'
import type { CodecOptions } from '../../src/codec/options.js'
import { eventually } from '../../src/lab/index.js'
import { codecOf } from '../support/codecs.js'
import { describeDeployments } from '../support/conformance.js'

const minute = 60_000
const hour = 60 * minute

/** Versions of a key lie in one slot, and values have frames. */
const framed: CacheOptions = { format: 'framed', prefix: '{p}', ttl: '10m' }
/** Values have a grace of an hour. */
const graced: CacheOptions = { ...framed, grace: '1h' }

/** Writes what is past its ttl a moment later, and waits until it is. */
async function setStale(cache: Cache, key: string, value: unknown): Promise<void> {
  await cache.set(key, value, { ttl: 1, grace: '1h' })
  await eventually(async () => {
    expect(await cache.has(key)).toBe(false)
    expect(await cache.get(key)).toBeUndefined()
  })
}

/** Writes a value as a cache without grace does, whose values have frames or not. */
async function setAs(cache: Cache, codec: CodecOptions, key: string, value: unknown): Promise<void> {
  const made = cache.makeKey(key)
  await cache.command(['SET', made, await codecOf(codec).encode(value, made), 'PX', String(5 * minute)])
}

/** Writes that there is no value, as a loader finds. */
async function setNegative(cache: Cache, key: string, until: number, codec: CodecOptions = framed): Promise<void> {
  const made = cache.makeKey(key)
  const bytes = codecOf({ ...codec, format: 'framed' }).encodeAbsence(made, { until, ttl: hour })
  await cache.command(['SET', made, bytes, 'PX', String(hour)])
}

/** How long the server keeps a key, in ms; -1 is for ever. */
async function keptFor(cache: Cache, key: string): Promise<number> {
  return Number(await cache.command(['PTTL', cache.makeKey(key)], { readFrom: 'primary' }))
}

function expectAbout(ms: number | null | undefined, expected: number): void {
  expect(ms).toBeLessThanOrEqual(expected)
  expect(ms).toBeGreaterThan(expected - minute)
}

/** The server keeps a value for its ttl and its grace, from when it was written; the ttl began a moment before. */
async function expectKept(cache: Cache, key: string, expected: number): Promise<void> {
  const kept = await keptFor(cache, key)
  expect(kept).toBeGreaterThan(expected - minute)
  expect(kept).toBeLessThan(expected + minute)
}

async function expectAbsent(cache: Cache, key: string): Promise<void> {
  expect(await cache.get(key)).toBeUndefined()
  expect(await cache.getMany([key])).toStrictEqual(new Map())
  expect(await cache.has(key)).toBe(false)
  expect(await cache.ttl(key)).toBeUndefined()
  expect(await cache.touch(key)).toBe(false)
  expect(await cache.touch(key, { ttl: null })).toBe(false)
  expect(await cache.expire(key, '1h')).toBe(false)
  expect(await cache.expireAt(key, Date.now() + hour)).toBe(false)
  expect(await cache.persist(key)).toBe(false)
  expect(await cache.set(key, 'new', { xx: true })).toBe(false)
  expect(await cache.set(key, 'new', { xx: true, ttl: 0 })).toBe(false)
  await expect(cache.incrVersion(key)).rejects.toThrow(KeyNotFoundError)
}

async function expectThere(cache: Cache, key: string, value: unknown): Promise<void> {
  expect(await cache.get(key)).toStrictEqual(value)
  expect(await cache.getMany([key])).toStrictEqual(new Map([[key, value]]))
  expect(await cache.has(key)).toBe(true)
  expect(await cache.add(key, 'new')).toBe(false)
  expect(await cache.set(key, 'new', { nx: true })).toBe(false)
  expect(await cache.touch(key, { ttl: '20m' })).toBe(true)
  expectAbout(await cache.ttl(key), 20 * minute)
  expect(await cache.expire(key, '30m')).toBe(true)
  expectAbout(await cache.ttl(key), 30 * minute)
  expect(await cache.expireAt(key, Date.now() + 40 * minute)).toBe(true)
  expectAbout(await cache.ttl(key), 40 * minute)
  expect(await cache.persist(key)).toBe(true)
  expect(await cache.persist(key)).toBe(false)
  expect(await cache.ttl(key)).toBeNull()
  expect(await cache.touch(key, { ttl: null })).toBe(true)
  expect(await cache.get(key)).toStrictEqual(value)
  expect(await cache.set(key, value, { xx: true })).toBe(true)
}

describeDeployments((test) => {
  test('a fresh value is there for everything, and its grace is not', async ({ cacheWith }) => {
    const cache = cacheWith(graced)
    await cache.set('k', { a: 1 })
    expectAbout(await cache.ttl('k'), 10 * minute)
    await expectKept(cache, 'k', 10 * minute + hour)
    await expectThere(cache, 'k', { a: 1 })
  })

  test('past its ttl a value is absent for everything but who asks for it', async ({ cacheWith }) => {
    const cache = cacheWith(graced)
    await setStale(cache, 'k', { a: 1 })
    await expectAbsent(cache, 'k')
    expect(await cache.get('k', { stale: true })).toBeUndefined()
    await setStale(cache, 'k', { a: 2 })
    expect(await cache.get('k', { stale: true })).toStrictEqual({ a: 2 })
    expect(await cache.add('k', 'added')).toBe(true)
    expect(await cache.get('k')).toBe('added')
    await setStale(cache, 'k', 3)
    expect(await cache.set('k', 'new', { nx: true, ttl: 0 })).toBe(true)
    expect(await cache.set('k', 'new', { nx: true })).toBe(true)
    expect(await cache.get('k')).toBe('new')
  })

  test('that is so in a pipeline too', async ({ cacheWith }) => {
    const cache = cacheWith(graced)
    await setStale(cache, 'stale', 'x')
    await cache.setMany({ fresh: 'y', other: 'z' })
    const asked = await cache.pipeline((p) => [
      p.get('stale'),
      p.get('stale', { stale: true }),
      p.has('stale'),
      p.ttl('stale'),
      p.touch('stale'),
      p.getMany(['stale', 'fresh']),
      p.has('fresh'),
      p.touch('fresh', { ttl: '20m' }),
      p.add('fresh', 'no'),
      p.add('stale', 'added'),
      p.get('stale'),
    ])
    const found = new Map([['fresh', 'y']])
    const expected = [undefined, 'x', false, undefined, false, found, true, true, false, true, 'added']
    expect(asked).toStrictEqual(expected)
  })

  test('pull gives what is fresh once, and takes away what is not', async ({ cacheWith }) => {
    const encryption = { keys: [{ id: 'a', key: randomBytes(32) }] }
    for (const own of [graced, { ...graced, encryption }, framed]) {
      const cache = cacheWith(own)
      await cache.setMany({ k: { a: 1 }, n: 7 })
      const pulls = await cache.pipeline((p) => [p.pull('k'), p.pull('n'), p.get('k')])
      expect(pulls).toStrictEqual([{ a: 1 }, 7, undefined])
      await setStale(cache, 'k', { a: 1 })
      expect(await cache.pull('k')).toBeUndefined()
      await setNegative(cache, 'none', 0, own)
      expect(await cache.pull('none')).toBeUndefined()
      expect([await keptFor(cache, 'k'), await keptFor(cache, 'none')]).toStrictEqual([-2, -2])
    }
  })

  test('delete takes a value that is past its ttl away, and says that it was there', async ({ cacheWith }) => {
    const cache = cacheWith(graced)
    await setStale(cache, 'k', 'x')
    expect(await cache.delete('k')).toBe(true)
    expect(await cache.get('k', { stale: true })).toBeUndefined()
  })

  test('a new ttl starts at the moment of the call, and the grace stays as long as it was', async ({ cacheWith }) => {
    const cache = cacheWith(graced)
    await cache.set('k', 'x', { ttl: '1m', grace: '5h' })
    for (const change of [
      () => cache.touch('k', { ttl: '2h' }),
      () => cache.expire('k', '2h'),
      () => cache.expireAt('k', Date.now() + 2 * hour),
    ]) {
      expect(await change()).toBe(true)
      expectAbout(await cache.ttl('k'), 2 * hour)
      await expectKept(cache, 'k', 7 * hour)
      await cache.touch('k', { ttl: '1m' })
    }
    expect(await cache.get('k')).toBe('x')
  })

  test('what is kept for ever is fresh for ever, and gets the grace of the cache with a ttl', async ({ cacheWith }) => {
    const cache = cacheWith(graced)
    await cache.set('k', 'x', { ttl: null })
    expect(await cache.ttl('k')).toBeNull()
    expect(await keptFor(cache, 'k')).toBe(-1)
    await cache.expire('k', '10m')
    expectAbout(await cache.ttl('k'), 10 * minute)
    await expectKept(cache, 'k', 10 * minute + hour)
    expect(await cache.persist('k')).toBe(true)
    expect(await cache.ttl('k')).toBeNull()
    expect(await keptFor(cache, 'k')).toBe(-1)
  })

  test('a ttl that is over deletes', async ({ cacheWith }) => {
    const cache = cacheWith(graced)
    for (const end of [
      () => cache.touch('k', { ttl: 0 }),
      () => cache.expire('k', -1),
      () => cache.expireAt('k', 1_000),
      () => cache.set('k', 'y', { ttl: 0 }),
      () => cache.set('k', 'y', { ttl: 0, xx: true }),
    ]) {
      await cache.set('k', 'x')
      expect(await end()).toBe(true)
      expect(await keptFor(cache, 'k')).toBe(-2)
    }
    expect(await cache.add('k', 'x', { ttl: 0 })).toBe(true)
    expect(await keptFor(cache, 'k')).toBe(-2)
  })

  test('that there is no value is a miss, and absent for writes', async ({ cacheWith }) => {
    const cache = cacheWith(graced)
    for (const until of [0, Date.now() + hour]) {
      await setNegative(cache, 'k', until)
      expect(await cache.get('k', { stale: true })).toBeUndefined()
      await expectAbsent(cache, 'k')
      await setNegative(cache, 'k', until)
      expect(await cache.add('k', 'added')).toBe(true)
      await setNegative(cache, 'k', until)
      expect(await cache.set('k', 'new', { nx: true })).toBe(true)
      expect(await cache.get('k')).toBe('new')
    }
  })

  test('encrypted values and numbers are judged as others are', async ({ cacheWith }) => {
    const encryption: CodecOptions = { encryption: { keys: [{ id: 'a', key: randomBytes(32) }] } }
    const cache = cacheWith({ ...graced, ...encryption })
    for (const value of ['x', 5]) {
      await cache.set('k', value)
      expectAbout(await cache.ttl('k'), 10 * minute)
      await expectKept(cache, 'k', 10 * minute + hour)
      await cache.touch('k', { ttl: '5m' })
      expect(await cache.get('k')).toBe(value)
      await setStale(cache, 'k', value)
      expect(await cache.get('k', { stale: true })).toBe(value)
      expect(await cache.add('k', 'added')).toBe(true)
    }
    await setNegative(cache, 'k', 0, encryption)
    expect(await cache.get('k')).toBeUndefined()
    expect(await cache.has('k')).toBe(false)
    expect(await cache.add('k', 'added')).toBe(true)
    expect(await cache.get('k')).toBe('added')
  })

  test('what has no freshness is there as long as the server keeps it', async ({ cacheWith }) => {
    const cache = cacheWith(graced)
    for (const format of ['framed', 'django'] as const) {
      await setAs(cache, { format }, 'k', { a: 1 })
      expectAbout(await cache.ttl('k'), 5 * minute)
      await expectThere(cache, 'k', { a: 1 })
    }
    await setAs(cache, {}, 'n', 5)
    await expectThere(cache, 'n', 5)
    await cache.sadd('set', ['x'])
    expect(await cache.has('set')).toBe(true)
    expect(await cache.add('set', 'x')).toBe(false)
    expect(await cache.touch('set', { ttl: '5m' })).toBe(true)
    expectAbout(await cache.ttl('set'), 5 * minute)
    expect(await cache.get('set')).toBeUndefined()
    await cache.hset('hash', { field: { a: 1 } })
    expect(await cache.hget('hash', 'field')).toStrictEqual({ a: 1 })
  })

  test('a cache that has no grace sees the freshness of values that have', async ({ cacheWith }) => {
    const cache = cacheWith(framed)
    await setStale(cache, 'k', 'x')
    await expectAbsent(cache, 'k')
    await cache.set('k', 'y', { grace: '1h' })
    expectAbout(await cache.ttl('k'), 10 * minute)
    await expectKept(cache, 'k', 10 * minute + hour)
  })

  test('one call may ask for another grace, or for none', async ({ cacheWith }) => {
    const cache = cacheWith(graced)
    await cache.set('k', 'x', { grace: '3h' })
    await expectKept(cache, 'k', 10 * minute + 3 * hour)
    await cache.setMany({ a: 'x', b: 'y' }, { grace: 0 })
    await expectKept(cache, 'a', 10 * minute)
    await cache.add('c', 'x', { refreshAt: 0.5, grace: 0 })
    await expectKept(cache, 'c', 10 * minute)
    expectAbout(await cache.ttl('c'), 10 * minute)
  })

  test('jitter shortens each ttl by itself', async ({ cacheWith }) => {
    const cache = cacheWith({ ttl: '1h' })
    const keys = Array.from({ length: 20 }, (_, index) => `k${index}`)
    await cache.setMany(
      keys.map((key) => [key, 'x'] as const),
      { jitter: 0.5 },
    )
    const left = (await cache.pipeline((p) => keys.map((key) => p.ttl(key)))) as number[]
    for (const ms of left) {
      expect(ms).toBeGreaterThan(hour / 2 - minute)
      expect(ms).toBeLessThanOrEqual(hour)
    }
    expect(new Set(left.map((ms) => Math.round(ms / minute))).size).toBeGreaterThan(5)
  })

  test('numbers stay bare so that they can be counted, unless their own call asks for a frame', async ({
    cacheWith,
  }) => {
    const cache = cacheWith(graced)
    await cache.set('n', 5)
    await expectKept(cache, 'n', 10 * minute)
    expect(await cache.incr('n')).toBe(6)
    expect(await cache.incr('new', 2, { create: true })).toBe(2)
    expect(await cache.incr('short', 2, { create: true, ttl: '1m' })).toBe(2)
    expectAbout(await cache.ttl('short'), minute)
    await cache.set('framed', 5, { grace: '1h' })
    expect(await cache.get('framed')).toBe(5)
    for (const count of [
      () => cache.incr('framed'),
      () => cache.decr('framed'),
      () => cache.incr('framed', 0.5),
      () => cache.incr('framed', 1, { create: true }),
      () => cache.incr('framed', 1, { create: true, ttl: '1m' }),
    ])
      await expect(count()).rejects.toThrow(
        new UnsupportedError(
          `${count.toString().includes('decr') ? 'decr' : 'incr'}: the number under 'framed' is in a frame, with which no server counts; ` +
            'write numbers that are counted without grace, refreshAt and negativeTtl, and not by a loader.',
        ),
      )
    expect(await cache.get('framed')).toBe(5)
  })

  test('a number that is past its ttl is not counted on', async ({ cacheWith }) => {
    const cache = cacheWith(graced)
    await setStale(cache, 'n', 5)
    await expect(cache.incr('n')).rejects.toThrow(KeyNotFoundError)
    expect(await cache.incr('n', 2, { create: true })).toBe(2)
    await setStale(cache, 'n', 5)
    expect(await cache.incr('n', 2, { create: true, ttl: '1m' })).toBe(2)
    expectAbout(await cache.ttl('n'), minute)
  })

  test('a value moves to another version with its ttl and its grace', async ({ cacheWith }) => {
    const cache = cacheWith(graced)
    await cache.set('k', 'x')
    expect(await cache.incrVersion('k')).toBe(2)
    expect(await cache.get('k', { version: 2 })).toBe('x')
    expectAbout(await cache.ttl('k', { version: 2 }), 10 * minute)
  })

  test('the first calls of a cache keep their order, and are fresh', async ({ cacheWith }) => {
    const cache = cacheWith(graced)
    // Between nodes there is no order: a replica may answer while the primary is not heard of yet.
    const fromPrimary = { readFrom: 'primary' } as const
    const first = [cache.set('k', 'x'), cache.setMany({ k: 'y' }), cache.get('k', fromPrimary), cache.add('k', 'z')]
    expect(await Promise.all(first)).toStrictEqual([true, [], 'y', false])
    expectAbout(await cache.ttl('k'), 10 * minute)
  })

  test("in Django's format an option that needs frames is refused, with its name", async ({ cacheWith }) => {
    const cache = cacheWith()
    const problem =
      "needs frames around values, which format 'django' does not have; set format: 'framed' for this cache"
    for (const [path, call] of [
      ['set().grace', () => cache.set('k', 1, { grace: '1h' })],
      ['set().refreshAt', () => cache.set('k', 1, { refreshAt: 0 })],
      ['add().grace', () => cache.add('k', 1, { grace: '1h' })],
      ['setMany().grace', () => cache.setMany({ k: 1 }, { grace: '1h' })],
    ] as const)
      await expect(call()).rejects.toThrow(new ConfigurationError(path, problem))
    await expect(cache.set('k', 1, { jitter: 2 })).rejects.toThrow(/^set\(\)\.jitter: expected a share of the ttl/)
    expect(await cache.get('k', { stale: true })).toBeUndefined()
    expect([await cache.set('k', 1, { grace: 0 }), await cache.get('k')]).toStrictEqual([true, 1])
  })
})
