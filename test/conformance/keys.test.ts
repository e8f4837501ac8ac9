import fc from 'fast-check'
import { describe, expect } from 'vitest'
import { ConfigurationError, KeyError, UnsupportedError, type Key } from '../../src/index.js'
import { matchesGlob } from '../../src/keys/glob.js'
import { describeDeployments } from '../support/conformance.js'

describeDeployments((test) => {
  describe('keys and iterKeys', () => {
    test('give the keys as they were given, of this prefix and version only', async ({ cacheWith }) => {
      const [shop, other] = [cacheWith({ prefix: 'a:b' }), cacheWith({ prefix: 'other' })]
      await shop.setMany([
        ['user:1', 1],
        ['user:2', 1],
        [7, 1],
        ['ключ *', 1],
      ])
      await shop.set('user:3', 1, { version: 2 })
      await other.set('user:4', 1)
      expect((await shop.keys('*')).sort()).toStrictEqual(['7', 'user:1', 'user:2', 'ключ *'])
      expect((await shop.keys('user:*')).sort()).toStrictEqual(['user:1', 'user:2'])
      expect(await shop.keys('user:[2-9]')).toStrictEqual(['user:2'])
      expect(await shop.keys('*', { version: 2 })).toStrictEqual(['user:3'])
      expect(await shop.keys('nothing')).toStrictEqual([])
      await shop.clear({ version: 2 })
    })

    test('give each once, however many and in whatever steps', async ({ cache }) => {
      const keys = Array.from({ length: 3_000 }, (_, index) => `k${index}`)
      await cache.setMany(keys.map((key) => [key, 1] as const))
      expect((await cache.keys('k*', { batch: 7 })).sort()).toStrictEqual(keys.toSorted())
      const found: string[] = []
      for await (const key of cache.iterKeys('k1*', { batch: 50 })) found.push(key)
      expect(found.sort()).toStrictEqual(keys.filter((key) => key.startsWith('k1')).sort())
    })

    test('may be left before the end', async ({ cache }) => {
      await cache.setMany({ a: 1, b: 2, c: 3 })
      let seen = 0
      for await (const _ of cache.iterKeys('*')) if (++seen === 2) break
      expect(seen).toBe(2)
    })

    test('end with the reason of their signal', async ({ cache }) => {
      await cache.setMany(Array.from({ length: 3_000 }, (_, index) => [`k${index}`, 1] as const))
      const controller = new AbortController()
      const reason = new Error('had enough')
      const walk = async (): Promise<void> => {
        for await (const _ of cache.iterKeys('*', { batch: 10, signal: controller.signal })) controller.abort(reason)
      }
      await expect(walk()).rejects.toBe(reason)
      await expect(cache.keys('*', { signal: controller.signal })).rejects.toBe(reason)
    })

    test('match what the server would: any pattern on any keys', async ({ cache }) => {
      const part = fc.constantFrom('a', 'b', '*', '?', '[', ']', '\\', '^', '-', 'ab', '[a-b]', '[^a]', '\\*')
      const patterns = fc.array(part, { minLength: 1, maxLength: 5 }).map((parts) => parts.join(''))
      const keys = ['a', 'b', 'ab', 'ba', 'aab', '*', 'a*', '?', '[', ']', '\\', '^', '-', 'a-b', '[ab]', '\\*']
      await cache.setMany(keys.map((key) => [key, 1] as const))
      await fc.assert(
        fc.asyncProperty(patterns, async (pattern) => {
          const found = (await cache.keys(pattern)).sort()
          expect(found).toStrictEqual(keys.filter((key) => matchesGlob(pattern, key)).sort())
        }),
        { numRuns: 200 },
      )
    })

    test('have no pattern that is none', async ({ cache }) => {
      for (const pattern of ['', null, undefined, 5, {}]) {
        await expect(cache.keys(pattern as string)).rejects.toBeInstanceOf(KeyError)
        await expect(cache.deletePattern(pattern as string)).rejects.toBeInstanceOf(KeyError)
        await expect(cache.iterKeys(pattern as string).next()).rejects.toBeInstanceOf(KeyError)
      }
      for (const batch of [0, -1, 1.5, NaN, '10'])
        await expect(cache.keys('*', { batch: batch as number })).rejects.toBeInstanceOf(ConfigurationError)
    })
  })

  describe('deletePattern', () => {
    test('removes what matches and says how many there were', async ({ cacheWith }) => {
      const [shop, other] = [cacheWith({ prefix: 's*' }), cacheWith({ prefix: 'so' })]
      await shop.setMany(Array.from({ length: 2_500 }, (_, index) => [`k${index}`, 1] as const))
      await shop.set('other', 1)
      await shop.set('k1', 1, { version: 2 })
      await other.set('k1', 1)
      expect(await shop.deletePattern('k1*')).toBe(1_111)
      expect(await shop.deletePattern('k*', { batch: 100 })).toBe(1_389)
      expect(await shop.deletePattern('k*')).toBe(0)
      expect(await shop.keys('*')).toStrictEqual(['other'])
      expect(await other.has('k1')).toBe(true)
      expect(await shop.deletePattern('*', { version: 2 })).toBe(1)
    })
  })

  describe('keys made by a function of your own', () => {
    const keyFunction = (key: string, prefix: string, version: number): string => `${key}@${prefix}/${version}`

    test('are found and given back by its way back', async ({ cacheWith }) => {
      const reverseKeyFunction = (made: string): string => made.slice(0, made.lastIndexOf('@'))
      const cache = cacheWith({ keyFunction, reverseKeyFunction, prefix: 'p*' })
      await cache.setMany({ 'a@b': 1, '{c}': 2 })
      await cache.set(7, 3)
      expect(cache.makeKey('{c}')).toBe('{c}@p*/1')
      expect(await cache.get('7')).toBe(3)
      expect((await cache.keys('*')).sort()).toStrictEqual(['7', 'a@b', '{c}'])
      expect(await cache.deletePattern('a*')).toBe(1)
      expect(await cache.incrVersion('{c}')).toBe(2)
      expect(await cache.get('{c}', { version: 2 })).toBe(2)
      expect(await cache.clear()).toBe(1)
      expect(await cache.clear({ version: 2 })).toBe(1)
    })

    test('cannot be given back without it, which is an error that says so', async ({ cacheWith }) => {
      const cache = cacheWith({ keyFunction })
      await cache.set('k', 1)
      expect(await cache.get('k')).toBe(1)
      await expect(cache.keys('*')).rejects.toThrow(/reverseKeyFunction/)
      await expect(cache.iterKeys('*').next()).rejects.toBeInstanceOf(ConfigurationError)
      expect(await cache.deletePattern('k')).toBe(1)
    })

    test('whose beginning is anything are not cleared: others may be among them', async ({ cacheWith }) => {
      const cache = cacheWith({ keyFunction })
      await expect(cache.clear()).rejects.toThrow(/deletePattern/)
      await expect(cache.clear()).rejects.toBeInstanceOf(UnsupportedError)
    })

    test('must be texts', async ({ cacheWith }) => {
      const cache = cacheWith({ keyFunction: (key) => (key === 'bad' ? '' : `own ${key}`) })
      await expect(cache.set('bad', 1)).rejects.toBeInstanceOf(KeyError)
      await cache.delete('k')
    })
  })

  describe('has', () => {
    test('is about all that are asked', async ({ cache }) => {
      await cache.setMany({ a: 1, b: 2 })
      expect(await cache.has(['a', 'b', 'a'])).toBe(true)
      expect(await cache.has(new Set(['a', 'nothing']))).toBe(false)
      expect(await cache.has([])).toBe(true)
      await expect(cache.has(['a', ''])).rejects.toBeInstanceOf(KeyError)
    })
  })

  describe('many keys', () => {
    test('are never the letters of a text', async ({ cache }) => {
      await cache.setMany({ a: 1, b: 2 })
      await expect(cache.getMany('ab')).rejects.toBeInstanceOf(TypeError)
      await expect(cache.deleteMany('ab')).rejects.toBeInstanceOf(TypeError)
      for (const bad of [null, undefined, 5, {}]) {
        await expect(cache.getMany(bad as Key[])).rejects.toBeInstanceOf(TypeError)
        await expect(cache.deleteMany(bad as Key[])).rejects.toBeInstanceOf(TypeError)
      }
      for (const bad of [null, undefined, 5, 'ab', ['ab'], [['a', 1, 2]]])
        await expect(cache.setMany(bad as unknown as Record<string, unknown>)).rejects.toBeInstanceOf(TypeError)
      expect(await cache.has(['a', 'b'])).toBe(true)
    })
  })

  describe('a version', () => {
    test('is raised and lowered with value and ttl, in place of what was there', async ({ cache }) => {
      await cache.set('{k}', { a: 1 }, { ttl: '1m' })
      await cache.set('{k}', 'old', { version: 3 })
      const before = (await cache.ttl('{k}')) as number
      expect(await cache.incrVersion('{k}', 2)).toBe(3)
      expect(await cache.has('{k}')).toBe(false)
      expect(await cache.get('{k}', { version: 3 })).toStrictEqual({ a: 1 })
      const after = (await cache.ttl('{k}', { version: 3 })) as number
      expect(after).toBeLessThanOrEqual(before)
      expect(after).toBeGreaterThan(before / 2)
      expect(await cache.decrVersion('{k}', 3, { version: 3 })).toBe(0)
      expect(await cache.get('{k}', { version: 0 })).toStrictEqual({ a: 1 })
      await cache.persist('{k}', { version: 0 })
      expect(await cache.incrVersion('{k}', 1, { version: 0 })).toBe(1)
      expect(await cache.ttl('{k}')).toBeNull()
      expect(await cache.incrVersion('{k}', 0)).toBe(1)
      expect(await cache.get('{k}')).toStrictEqual({ a: 1 })
    })

    test('of null moves too, and of what is not there is an error', async ({ cache }) => {
      await cache.set('{null}', null)
      expect(await cache.incrVersion('{null}')).toBe(2)
      expect(await cache.get('{null}', { version: 2 })).toBeNull()
      await expect(cache.incrVersion('{nothing}')).rejects.toMatchObject({ code: 'E_KEY_NOT_FOUND', key: '{nothing}' })
      for (const delta of [0.5, NaN, '1', -2])
        await expect(cache.incrVersion('{null}', delta as number)).rejects.toBeInstanceOf(KeyError)
      await cache.clear({ version: 2 })
    })
  })

  describe('expire, expireAt and persist', () => {
    test('say whether the key was there, and set what is left', async ({ cache }) => {
      await cache.set('k', 1)
      expect(await cache.expire('k', '1m')).toBe(true)
      expectTtl(await cache.ttl('k'), 60_000)
      expect(await cache.expire('k', 1.5)).toBe(true)
      await cache.set('k', 1)
      expect(await cache.expireAt('k', new Date(Date.now() + 120_000))).toBe(true)
      expectTtl(await cache.ttl('k'), 120_000)
      expect(await cache.expireAt('k', Date.now() + 30_000.5)).toBe(true)
      expectTtl(await cache.ttl('k'), 30_001)
      expect(await cache.persist('k')).toBe(true)
      expect(await cache.persist('k')).toBe(false)
      expect(await cache.ttl('k')).toBeNull()
      expect(await cache.expire('k', null)).toBe(true)
      for (const missing of [
        cache.expire('no', 5),
        cache.expire('no', null),
        cache.expireAt('no', 5),
        cache.persist('no'),
      ])
        expect(await missing).toBe(false)
    })

    test('of a moment that has passed, or of no time, delete', async ({ cache }) => {
      await cache.setMany({ a: 1, b: 2, c: 3 })
      expect(await cache.expireAt('a', new Date(0))).toBe(true)
      expect(await cache.expireAt('b', Date.now() - 1)).toBe(true)
      expect(await cache.expire('c', 0)).toBe(true)
      expect(await cache.getMany(['a', 'b', 'c'])).toStrictEqual(new Map())
    })

    test('refuse what is no time', async ({ cache }) => {
      await cache.set('k', 1, { ttl: null })
      for (const bad of [NaN, Infinity, 'soon', undefined, {}]) {
        await expect(cache.expire('k', bad as number)).rejects.toBeInstanceOf(ConfigurationError)
        await expect(cache.expireAt('k', bad as number)).rejects.toBeInstanceOf(ConfigurationError)
      }
      for (const bad of [new Date(NaN), '2030-01-01', null])
        await expect(cache.expireAt('k', bad as Date)).rejects.toBeInstanceOf(ConfigurationError)
      expect(await cache.ttl('k')).toBeNull()
    })
  })
})

/** It is what was asked for, less the moment that has passed since. */
function expectTtl(left: number | null | undefined, asked: number): void {
  expect(left).toBeLessThanOrEqual(asked)
  expect(left).toBeGreaterThan(asked - 5_000)
}
