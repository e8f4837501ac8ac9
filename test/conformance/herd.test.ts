import { afterEach, beforeEach, describe, expect, vi } from 'vitest'
import type { Cache, CacheOptions } from '../../src/index.js'
import { eventually } from '../../src/lab/index.js'
import { describeDeployments } from '../support/conformance.js'

const herdTimeout = 3_600_000
const long = { text: 'long '.repeat(100), list: [1, 2.5, null, [true]] }

const codecs: readonly (readonly [name: string, options: CacheOptions])[] = [
  ['pickles', { serializer: 'pickle' }],
  ['compressed pickles', { serializer: 'pickle', compressor: 'zlib' }],
  ['frames', { serializer: 'json' }],
]

/** What chance gives: who is elected makes a value anew as soon as its ttl is over, others when the herd timeout is too. */
const elect = (elected: boolean): void => void vi.spyOn(Math, 'random').mockReturnValue(elected ? 0 : 0.9999)

describeDeployments(
  (test) => {
    beforeEach(() => elect(false))
    afterEach(() => vi.restoreAllMocks())

    describe.each(codecs)('a herd cache of %s', (_name, codec) => {
      const herd = test.extend('herd', ({ cacheWith }) => cacheWith({ ...codec, herd: true, herdTimeout }))

      herd.for<[what: string, value: unknown]>([
        ['an object', long],
        ['a number', 7],
        ['null', null],
      ])('keeps %s past its ttl, and gives it back', async ([, value], { herd: cache }) => {
        await cache.set('k', value, { ttl: '1m' })
        expect(await cache.get('k')).toStrictEqual(value)
        expect(await cache.ttl('k')).toBeLessThanOrEqual(60_000)
        expect(await cache.ttl('k')).toBeGreaterThan(30_000)
        expect(await keptFor(cache, 'k')).toBeGreaterThan(herdTimeout + 30_000)
        expect(await keptFor(cache, 'k')).toBeLessThanOrEqual(herdTimeout + 60_000)
      })

      herd('keeps what has no ttl as any cache does', async ({ herd: cache }) => {
        await cache.set('k', long, { ttl: null })
        expect(await cache.get('k')).toStrictEqual(long)
        expect(await cache.ttl('k')).toBeNull()
        expect(await cache.has('k')).toBe(true)
      })

      describe('past its ttl a value', () => {
        const past = herd.extend('past', async ({ herd: cache }) => {
          await cache.setMany({ k: long, other: 7, '{v}': long }, { ttl: 1 })
          // A server's clock may step back by a ms, from one core to another.
          const isPast = async (key: string): Promise<void> =>
            expect(await keptFor(cache, key)).toBeLessThan(herdTimeout - 5)
          await eventually(() => Promise.all(['k', 'other', '{v}'].map(isPast)))
          return cache
        })

        past('is served to those who are not elected, and to none of those who are', async ({ past: cache }) => {
          expect(await cache.get('k')).toStrictEqual(long)
          expect([...(await cache.getMany(['k', 'other'])).keys()]).toStrictEqual(['k', 'other'])
          elect(true)
          await eventually(async () => expect(await cache.get('k')).toBeUndefined())
          await eventually(async () => expect(await cache.getMany(['k', 'other', 'none'])).toStrictEqual(new Map()))
          expect(await cache.get('k', { stale: true })).toStrictEqual(long)
        })

        past('is absent for everything else', async ({ past: cache }) => {
          expect(await cache.has('k')).toBe(false)
          expect(await cache.ttl('k')).toBeUndefined()
          expect(await cache.touch('k', { ttl: '1m' })).toBe(false)
          expect(await cache.expire('k', '1m')).toBe(false)
          expect(await cache.expireAt('k', new Date(Date.now() + 60_000))).toBe(false)
          expect(await cache.persist('k')).toBe(false)
          expect(await cache.set('k', 1, { xx: true })).toBe(false)
          await expect(cache.incrVersion('{v}')).rejects.toMatchObject({ code: 'E_KEY_NOT_FOUND' })
          await expect(cache.incr('other')).rejects.toMatchObject({ code: 'E_KEY_NOT_FOUND' })
          expect(await cache.get('k')).toStrictEqual(long)
        })

        past('is absent for pull, which takes it away, through a memo too', async ({ past: cache }) => {
          expect(await cache.pull('k')).toBeUndefined()
          expect(await cache.memo().pull('other')).toBeUndefined()
          expect(await cache.getMany(['k', 'other'])).toStrictEqual(new Map())
          expect(await cache.get('k', { stale: true })).toBeUndefined()
        })

        past('is overwritten by add, by nx, and by a counter that begins', async ({ past: cache }) => {
          elect(true)
          expect(await cache.add('k', 'new', { ttl: '1m' })).toBe(true)
          expect(await cache.get('k')).toBe('new')
          expect(await cache.add('k', 'newer')).toBe(false)
          expect(await cache.incr('other', 1, { create: true, ttl: '1m' })).toBe(1)
          expect(await cache.incr('other')).toBe(2)
        })

        past('is loaded anew by who is elected, for all', async ({ past: cache }) => {
          let loads = 0
          const load = (): string => `load ${++loads}`
          expect(await cache.getOrSet('k', load, { waitForWrite: true })).toStrictEqual(long)
          elect(true)
          await eventually(async () => expect(await cache.get('k')).toBeUndefined())
          expect(await cache.getOrSet('k', load, { waitForWrite: true })).toBe('load 1')
          expect(await cache.getOrSet('k', load, { waitForWrite: true })).toBe('load 1')
          expect(await cache.get('k')).toBe('load 1')
          expect(await keptFor(cache, 'k')).toBeGreaterThan(herdTimeout)
          expect(loads).toBe(1)
        })
      })

      herd('pull gives what is fresh, whoever is elected', async ({ herd: cache }) => {
        await cache.setMany({ k: long, n: 7 }, { ttl: '1m' })
        elect(true)
        expect([await cache.pull('k'), await cache.pull('n')]).toStrictEqual([long, 7])
        expect(await cache.pull('k')).toBeUndefined()
      })

      herd('what is loaded is kept past its ttl too, numbers as well', async ({ herd: cache }) => {
        expect(await cache.getOrSet('k', () => 7, { ttl: '1m', waitForWrite: true })).toBe(7)
        expect(await keptFor(cache, 'k')).toBeGreaterThan(herdTimeout)
        expect(await cache.get('k')).toBe(7)
      })

      herd('add, nx and xx look whether a fresh value is there', async ({ herd: cache }) => {
        expect(await cache.set('k', 1, { xx: true })).toBe(false)
        expect(await cache.add('k', 1)).toBe(true)
        expect(await cache.set('k', 2, { nx: true })).toBe(false)
        expect(await cache.set('k', long, { xx: true })).toBe(true)
        expect(await cache.get('k')).toStrictEqual(long)
      })

      herd('a ttl that is over keeps nothing', async ({ herd: cache }) => {
        await cache.setMany({ a: 1, b: 2, c: 3, d: 4 })
        expect(await cache.set('a', long, { ttl: 0 })).toBe(true)
        expect(await cache.touch('b', { ttl: 0 })).toBe(true)
        expect(await cache.expireAt('c', new Date(0))).toBe(true)
        expect(await cache.set('d', 5, { ttl: -1, xx: true })).toBe(true)
        expect(await cache.set('none', 5, { ttl: -1, xx: true })).toBe(false)
        expect(await cache.getMany(['a', 'b', 'c', 'd'], {})).toStrictEqual(new Map())
        expect(await cache.has(['a'])).toBe(false)
      })

      describe.each<[how: string, change: (cache: Cache) => Promise<boolean>]>([
        ['touch', (cache) => cache.touch('k', { ttl: '2m' })],
        ['expire', (cache) => cache.expire('k', '2m')],
        ['expireAt', (cache) => cache.expireAt('k', Date.now() + 120_000)],
      ])('%s', (_how, change) => {
        herd.for([null, '10m'] as const)(
          'gives a value with ttl %s a new one, and no more than that',
          async (ttl, { herd: cache }) => {
            // prettier-ignore
            await cache.set('k', long, { ttl })
            for (let times = 0; times < 3; times++) {
              expect(await change(cache)).toBe(true)
              expect(await cache.ttl('k')).toBeGreaterThan(60_000)
              expect(await cache.ttl('k')).toBeLessThanOrEqual(121_000)
              expect(await keptFor(cache, 'k')).toBeLessThanOrEqual(herdTimeout + 121_000)
            }
            expect(await keptFor(cache, 'k')).toBeGreaterThan(herdTimeout + 60_000)
            elect(true)
            expect(await cache.get('k')).toStrictEqual(long)
          },
        )
      })

      herd('persist keeps a value for ever, and a new ttl takes that back', async ({ herd: cache }) => {
        await cache.set('k', long, { ttl: '1m' })
        expect(await cache.persist('k')).toBe(true)
        expect(await cache.persist('k')).toBe(false)
        expect(await cache.ttl('k')).toBeNull()
        expect(await cache.get('k')).toStrictEqual(long)
        expect(await cache.touch('k', { ttl: null })).toBe(true)
        expect(await cache.touch('k', { ttl: '1m' })).toBe(true)
        expect(await keptFor(cache, 'k')).toBeGreaterThan(herdTimeout)
        expect(await cache.get('k')).toStrictEqual(long)
        expect(await cache.persist('none')).toBe(false)
      })

      herd('incrVersion keeps the ttl to the millisecond', async ({ herd: cache }) => {
        await cache.set('{k}', long, { ttl: '1m' })
        const expires = await cache.command(['PEXPIRETIME', '{k}'], { key: 1 })
        expect(await cache.incrVersion('{k}')).toBe(2)
        expect(await cache.command(['PEXPIRETIME', cache.makeKey('{k}', { version: 2 })])).toBe(expires)
        expect(await cache.get('{k}', { version: 2 })).toStrictEqual(long)
      })

      describe('a number', () => {
        herd('that was written with its deadline is not counted: an error says how to', async ({ herd: cache }) => {
          await cache.set('k', 7, { ttl: '1m' })
          const counted = cache.incr('k')
          await expect(counted).rejects.toMatchObject({ code: 'E_UNSUPPORTED' })
          await expect(counted).rejects.toThrow(/with which no server counts; begin numbers that are counted with incr/)
          expect(await cache.get('k')).toBe(7)
        })

        herd('that incr made is counted, and expires as in any cache', async ({ herd: cache }) => {
          expect(await cache.incr('k', 1, { create: true, ttl: '1m' })).toBe(1)
          expect(await cache.incr('k', 0.5)).toBe(1.5)
          expect(await cache.touch('k', { ttl: '2m' })).toBe(true)
          expect(await cache.decr('k', 2)).toBe(-0.5)
          expect(await keptFor(cache, 'k')).toBeLessThanOrEqual(120_000)
          expect(await cache.ttl('k')).toBeGreaterThan(60_000)
          expect(await cache.get('k')).toBe(-0.5)
        })
      })

      herd('a set expires as in any cache', async ({ herd: cache }) => {
        await cache.sadd('s', ['a'])
        expect(await cache.expire('s', '1m')).toBe(true)
        expect(await keptFor(cache, 's')).toBeLessThanOrEqual(60_000)
        expect(await cache.has('s')).toBe(true)
        expect(await cache.smembers('s')).toStrictEqual(['a'])
      })

      herd('a memo sees one value past its ttl, and has the same expiry', async ({ herd: cache }) => {
        await cache.set('k', long, { ttl: 1 })
        await eventually(async () => expect(await cache.has('k')).toBe(false))
        const memo = cache.memo()
        expect(await memo.get('k')).toStrictEqual(long)
        elect(true)
        expect(await memo.get('k')).toStrictEqual(long)
        await memo.set('k', 7, { ttl: '1m' })
        expect(await memo.touch('k', { ttl: '2m' })).toBe(true)
        expect(await cache.get('k')).toBe(7)
        expect(await keptFor(cache, 'k')).toBeGreaterThan(herdTimeout + 60_000)
        expect(await cache.ttl('k')).toBeLessThanOrEqual(120_000)
      })

      herd('a pipeline has the same', async ({ herd: cache }) => {
        await cache.set('k', long, { ttl: '1m' })
        const [there, touched, left] = await cache.pipeline((p) => [
          p.has('k'),
          p.touch('k', { ttl: '2m' }),
          p.ttl('k'),
        ])
        expect([there, touched]).toStrictEqual([true, true])
        expect(left).toBeLessThanOrEqual(120_000)
        expect(await cache.get('k')).toStrictEqual(long)
      })
    })
  },
  {},
  ['memory', 'a server', 'a cluster'],
)

/** How long the server keeps it, in ms. */
async function keptFor(cache: Cache, key: string): Promise<number> {
  return Number(await cache.command(['PTTL', key], { key: 1 }))
}
