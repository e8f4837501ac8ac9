import fc from 'fast-check'
import { expect } from 'vitest'
import { z } from 'zod'
import {
  ClosedError,
  CodecError,
  CommandError,
  ConfigurationError,
  createCaches,
  KeyError,
  KeyNotFoundError,
  UnsupportedError,
  type Key,
} from '../../src/index.js'
import { escapePattern } from '../../src/keys/key-maker.js'
import { eventually } from '../../src/lab/index.js'
import { jsonValue } from '../support/codecs.js'
import { describeDeployments, describeMatrix } from '../support/conformance.js'

describeMatrix((test) => {
  test('what was set is got, and what was not is undefined', async ({ cache }) => {
    expect(await cache.set('k', { a: [1, null, 'x'] })).toBe(true)
    expect(await cache.get('k')).toStrictEqual({ a: [1, null, 'x'] })
    expect(await cache.set('k', null)).toBe(true)
    expect(await cache.get('k')).toBeNull()
    expect(await cache.get('nothing')).toBeUndefined()
  })

  test('any JSON value comes back as it was, under any key', async ({ cache }) => {
    const keys = fc.oneof(fc.string({ minLength: 1, unit: 'binary' }), fc.integer())
    await fc.assert(
      fc.asyncProperty(keys, jsonValue, async (key, value) => {
        await cache.set(key, value)
        expect(await cache.get(key)).toStrictEqual(value)
        expect(await cache.getMany([key])).toStrictEqual(new Map([[key, value]]))
        expect(await cache.keys(escapePattern(String(key)))).toStrictEqual([String(key)])
      }),
      { numRuns: 50 },
    )
  })

  test('any value is a member of a set, of a sorted set and of a hash', async ({ cache }) => {
    const values = fc.array(jsonValue, { minLength: 1, maxLength: 5 })
    await fc.assert(
      fc.asyncProperty(values, fc.string({ unit: 'binary' }), async (all, field) => {
        const [value] = all
        await cache.deleteMany(['set', 'zset', 'hash'])
        await cache.sadd('set', all)
        expect(await cache.smismember('set', [...all, 'no member'])).toStrictEqual([...all.map(() => true), false])
        for (const member of await cache.smembers('set')) expect(all).toContainEqual(member)
        await cache.zadd('zset', [[value, 1.5]])
        expect(await cache.zscore('zset', value)).toBe(1.5)
        expect(await cache.zrange('zset', 0, -1, { withScores: true })).toStrictEqual([[value, 1.5]])
        await cache.hset('hash', [[field, value]])
        expect(await cache.hgetall('hash')).toStrictEqual(new Map([[field, value]]))
      }),
      { numRuns: 20 },
    )
  })

  test('any number comes back as it was', async ({ cache }) => {
    const numbers = fc.oneof(
      fc.double({ noNaN: true, noDefaultInfinity: true }),
      fc.integer(),
      fc.bigInt({ min: 2n ** 53n, max: 2n ** 80n }),
    )
    await fc.assert(
      fc.asyncProperty(numbers, async (value) => {
        await cache.set('n', value)
        expect(await cache.get('n')).toBe(value)
      }),
      { numRuns: 50 },
    )
  })

  test('set with nx writes what is absent, with xx what is there', async ({ cache }) => {
    expect(await cache.set('k', 1, { xx: true })).toBe(false)
    expect(await cache.set('k', 1, { nx: true })).toBe(true)
    expect(await cache.set('k', 2, { nx: true })).toBe(false)
    expect(await cache.set('k', 3, { xx: true })).toBe(true)
    expect(await cache.add('k', 4)).toBe(false)
    expect(await cache.add('other', 4)).toBe(true)
    expect(await cache.getMany(['k', 'other'])).toStrictEqual(
      new Map([
        ['k', 3],
        ['other', 4],
      ]),
    )
  })

  test('a ttl is kept, told and over in time', async ({ cache }) => {
    await cache.set('default', 1)
    await cache.set('minute', 1, { ttl: '1m' })
    await cache.set('ever', 1, { ttl: null })
    await cache.set('moment', 1, { ttl: 1 })
    expectTtl(await cache.ttl('default'), 300_000)
    expectTtl(await cache.ttl('minute'), 60_000)
    expect(await cache.ttl('ever')).toBeNull()
    expect(await cache.ttl('nothing')).toBeUndefined()
    await eventually(async () => (await cache.get('moment')) === undefined)
    expect(await cache.touch('minute', { ttl: null })).toBe(true)
    expect(await cache.ttl('minute')).toBeNull()
    expect(await cache.touch('minute', { ttl: null })).toBe(true)
    expect(await cache.touch('ever')).toBe(true)
    expectTtl(await cache.ttl('ever'), 300_000)
    expect(await cache.touch('nothing')).toBe(false)
    expect(await cache.touch('nothing', { ttl: null })).toBe(false)
    expect(await cache.touch('ever', { ttl: 0 })).toBe(true)
    expect(await cache.has('ever')).toBe(false)
  })

  test('a ttl of 0 or less keeps nothing', async ({ cache }) => {
    for (const ttl of [0, -1, '-5m'] as const) {
      await cache.set('k', 1)
      expect(await cache.set('k', 2, { ttl })).toBe(true)
      expect(await cache.has('k')).toBe(false)
      expect(await cache.add('k', 2, { ttl })).toBe(true)
      await cache.set('k', 1)
      expect(await cache.add('k', 2, { ttl })).toBe(false)
      expect(await cache.setMany({ k: 2 }, { ttl })).toStrictEqual([])
      expect(await cache.has('k')).toBe(false)
    }
  })

  test('many are read, written and deleted at once', async ({ cache }) => {
    const entries: [Key, unknown][] = [
      ['a', 1],
      [2, 'two'],
      ['c', null],
    ]
    expect(await cache.setMany(entries, { ttl: '1m' })).toStrictEqual([])
    expectTtl(await cache.ttl(2), 60_000)
    expect([...(await cache.getMany(['c', 'nothing', 2, 'a']))]).toStrictEqual([
      ['c', null],
      [2, 'two'],
      ['a', 1],
    ])
    expect(await cache.deleteMany(['a', 2, 'nothing'])).toBe(2)
    expect(await cache.getMany(new Set(['a', 'c']))).toStrictEqual(new Map([['c', null]]))
    expect(await cache.getMany([])).toStrictEqual(new Map())
    expect(await cache.setMany({})).toStrictEqual([])
    expect(await cache.deleteMany([])).toBe(0)
  })

  test('has and delete say what was there', async ({ cache }) => {
    await cache.set('k', 0)
    expect(await cache.has('k')).toBe(true)
    expect(await cache.delete('k')).toBe(true)
    expect(await cache.delete('k')).toBe(false)
    expect(await cache.has('k')).toBe(false)
  })

  test('pull gives a value once, whoever asks, and leaves what is no value', async ({ cache }) => {
    const value = { a: [1, null, 'x'] }
    await cache.set('k', value)
    const pulled = await Promise.all([cache.pull('k'), cache.pull('k'), cache.get('k')])
    expect(pulled).toStrictEqual([value, undefined, undefined])
    await cache.set('k', null)
    expect([await cache.pull('k'), await cache.pull('k')]).toStrictEqual([null, undefined])
    const [, first, second] = await cache.pipeline((p) => [p.set('k', 7), p.pull('k'), p.pull('k')])
    expect([first, second]).toStrictEqual([7, undefined])
    await cache.hset('hash', { f: 1 })
    expect(await cache.pull('hash')).toBeUndefined()
    expect(await cache.hlen('hash')).toBe(1)
    const numbers = cache.typed({ key: (key: string) => key, schema: z.number() })
    await cache.setMany({ number: 5, text: 'five' })
    expect([await numbers.pull('number'), await numbers.pull('text')]).toStrictEqual([5, undefined])
    expect(await cache.has('text')).toBe(false)
  })

  test('counters count in numbers of 64 bits, and in fractions', async ({ cache }) => {
    await expect(cache.incr('n')).rejects.toBeInstanceOf(KeyNotFoundError)
    expect(await cache.incr('n', 2, { create: true })).toBe(2)
    expect(await cache.ttl('n')).toBeNull()
    await cache.set('n', 5, { ttl: '1m' })
    expect(await cache.incr('n')).toBe(6)
    expect(await cache.decr('n', 10)).toBe(-4)
    expectTtl(await cache.ttl('n'), 60_000)
    await cache.set('n', Number.MAX_SAFE_INTEGER)
    expect(await cache.incr('n', 2)).toBe(2n ** 53n + 1n)
    expect(await cache.get('n')).toBe(2n ** 53n + 1n)
    await cache.set('n', 2n ** 63n - 1n)
    await expect(cache.incr('n')).rejects.toBeInstanceOf(CommandError)
    await cache.set('text', 'five')
    await expect(cache.incr('text')).rejects.toBeInstanceOf(CommandError)
    await expect(cache.incr('n', NaN)).rejects.toBeInstanceOf(UnsupportedError)
    expect(await cache.get('n')).toBe(2n ** 63n - 1n)
    await cache.set('n', 5)
    expect(await cache.incr('n', 0.5)).toBe(5.5)
    expect(await cache.incr('n')).toBe(6.5)
    expect(await cache.decr('n', 1.5, { create: true })).toBe(5)
  })

  test('getOrSet loads once, keeps what it loaded, and neither undefined nor an error', async ({ cache }) => {
    let loads = 0
    const load = async (): Promise<number> => ++loads
    expect(await Promise.all([cache.getOrSet('k', load), cache.getOrSet('k', load)])).toStrictEqual([1, 1])
    expect(await cache.getOrSet('k', load)).toBe(1)
    expect(await cache.getOrSet('none', () => undefined)).toBeUndefined()
    expect(await cache.has('none')).toBe(false)
    const failing = cache.getOrSet('none', () => {
      throw new RangeError('no such row')
    })
    await expect(failing).rejects.toBeInstanceOf(RangeError)
  })

  test('versions and prefixes are apart', async ({ cacheWith }) => {
    const [shop, other] = [cacheWith({ prefix: 'shop' }), cacheWith({ prefix: 'other', version: 2 })]
    await shop.set('k', 'one')
    await shop.set('k', 'two', { version: 2 })
    await other.set('k', 'other')
    expect(await shop.get('k')).toBe('one')
    expect(await shop.get('k', { version: 2 })).toBe('two')
    expect(await shop.clear()).toBe(1)
    expect(await shop.get('k')).toBeUndefined()
    expect(await shop.get('k', { version: 2 })).toBe('two')
    expect(await other.get('k')).toBe('other')
    expect(await shop.clear({ version: 2 })).toBe(1)
  })

  test('what is no key, no value or no option is refused, and nothing is written', async ({ cache }) => {
    for (const key of ['', NaN, null, undefined, {}, true])
      await expect(cache.set(key as Key, 1)).rejects.toBeInstanceOf(KeyError)
    await expect(cache.set('k', undefined)).rejects.toBeInstanceOf(TypeError)
    await expect(cache.set('k', NaN)).rejects.toBeInstanceOf(CodecError)
    await expect(cache.set('k', hostile)).rejects.toBeInstanceOf(CodecError)
    await expect(cache.setMany({ k: 1, other: hostile })).rejects.toBeInstanceOf(CodecError)
    await expect(cache.set('k', 1, { ttl: Infinity })).rejects.toBeInstanceOf(ConfigurationError)
    await expect(cache.set('k', 1, { nx: true, xx: true })).rejects.toBeInstanceOf(ConfigurationError)
    expect(await cache.has('k')).toBe(false)
  })
})

describeDeployments((test) => {
  test.for(['*', '?', 'a*', '[ab]', '[', ']', '\\', '\\*', '\\[a]', 'a\\', '^', '[]', '*?[x]'])(
    'clear takes the prefix literally: %o',
    async (prefix, { cacheWith }) => {
      const cache = cacheWith({ prefix })
      const others = ['a', 'b', 'ab', '*x', '?x', '[x', 'x\\'].map((one) => cacheWith({ prefix: one }))
      await Promise.all(others.map((other) => other.set('k', 1)))
      await cache.setMany({ k: 1, j: 2 })
      expect(await cache.clear()).toBe(2)
      for (const other of others) expect(await other.get('k')).toBe(1)
    },
  )

  test('clear removes everything when there is a lot', async ({ cache }) => {
    await cache.setMany(Array.from({ length: 3_000 }, (_, index) => [`k${index}`, index] as const))
    expect(await cache.clear()).toBe(3_000)
    expect(await cache.has('k1')).toBe(false)
  })

  test('what is larger than servers take is refused, and disturbs nobody', async ({ cache }) => {
    const large = Buffer.allocUnsafeSlow(2 ** 29 + 1)
    const beside = cache.set('beside', 1)
    await expect(cache.command(['SET', cache.makeKey('k'), large])).rejects.toBeInstanceOf(UnsupportedError)
    await expect(cache.set('k'.repeat(2 ** 29 - 24), 1)).rejects.toBeInstanceOf(KeyError)
    expect(await beside).toBe(true)
    expect(await cache.keys('*')).toStrictEqual(['beside'])
  })

  test('a signal ends a call with its reason', async ({ cache }) => {
    const reason = new Error('had enough')
    const signal = AbortSignal.abort(reason)
    await expect(cache.get('k', { signal })).rejects.toBe(reason)
    await expect(cache.set('k', 1, { signal })).rejects.toBe(reason)
    expect(await cache.has('k')).toBe(false)
  })

  test('after close every call is a ClosedError', async ({ options }) => {
    const { cache } = createCaches({ cache: options })
    await cache.ping()
    await cache.close()
    await cache.close()
    await expect(cache.get('k')).rejects.toBeInstanceOf(ClosedError)
    await expect(cache.setMany({ k: 1 })).rejects.toBeInstanceOf(ClosedError)
    await expect(cache.ping()).rejects.toBeInstanceOf(ClosedError)
  })
})

/** No serializer can write it. */
const hostile = {
  get value(): never {
    throw new Error('not for you')
  },
}

/** It is what was asked for, less the moment that has passed since. */
function expectTtl(left: number | null | undefined, asked: number): void {
  expect(left).toBeLessThanOrEqual(asked)
  expect(left).toBeGreaterThan(asked - 5_000)
}
