import fc from 'fast-check'
import { describe, expect } from 'vitest'
import { CodecError, CommandError, ConfigurationError, KeyError, type Key } from '../../src/index.js'
import { describeDeployments } from '../support/conformance.js'

describeDeployments((test) => {
  describe('a set', () => {
    test('has what was added, once, and not what was removed', async ({ cache }) => {
      expect(await cache.sadd('s', ['a', 'b', 'a', 1, null, true])).toBe(5)
      expect(await cache.sadd('s', ['a', 'c'])).toBe(1)
      expect(await cache.scard('s')).toBe(6)
      expect(new Set(await cache.smembers('s'))).toStrictEqual(new Set(['a', 'b', 'c', 1, null, true]))
      expect(await cache.srem('s', ['a', 'nothing', 1])).toBe(2)
      expect(new Set(await cache.smembers('s'))).toStrictEqual(new Set(['b', 'c', null, true]))
      expect(await cache.srem('s', ['b', 'c', null, true])).toBe(4)
      expect(await cache.has('s')).toBe(false)
    })

    test('may have objects as members: the same contents in the same order are the same member', async ({ cache }) => {
      await cache.sadd('s', [{ a: 1, b: [2] }, [1, 2]])
      expect(await cache.sadd('s', [{ a: 1, b: [2] }])).toBe(0)
      expect(await cache.sismember('s', { a: 1, b: [2] })).toBe(true)
      expect(await cache.sismember('s', { b: [2], a: 1 })).toBe(false)
      expect(await cache.smembers('s')).toHaveLength(2)
    })

    test('says of one or many whether they are members, in the order asked', async ({ cache }) => {
      await cache.sadd('s', ['a', 1])
      expect(await cache.sismember('s', 'a')).toBe(true)
      expect(await cache.sismember('s', '1')).toBe(false)
      expect(await cache.smismember('s', ['no', 1, 'a', 1])).toStrictEqual([false, true, true, true])
      expect(await cache.smismember('nothing', ['a'])).toStrictEqual([false])
    })

    test('gives members at random, and takes them out', async ({ cache }) => {
      const members = ['a', 'b', 'c']
      await cache.sadd('s', members)
      expect(members).toContain(await cache.srandmember('s'))
      expect(new Set(await cache.srandmember('s', 10))).toStrictEqual(new Set(members))
      expect(await cache.srandmember('s', -10)).toHaveLength(10)
      expect(await cache.srandmember('s', 0)).toStrictEqual([])
      const one = await cache.spop<string>('s')
      expect(members).toContain(one)
      const rest = await cache.spop<string>('s', 10)
      expect(new Set([one, ...rest])).toStrictEqual(new Set(members))
      expect(await cache.spop('s')).toBeUndefined()
      expect(await cache.spop('s', 2)).toStrictEqual([])
      expect(await cache.srandmember('s')).toBeUndefined()
    })

    test('gives a member to another, of another version too', async ({ cache }) => {
      await cache.sadd('{s}from', ['a', 'b'])
      expect(await cache.smove('{s}from', '{s}to', 'a')).toBe(true)
      expect(await cache.smove('{s}from', '{s}to', 'a')).toBe(false)
      expect(await cache.smove('{s}from', '{s}to', 'b', { version: 1, destinationVersion: 2 })).toBe(true)
      expect(await cache.smembers('{s}from')).toStrictEqual([])
      expect(await cache.smembers('{s}to')).toStrictEqual(['a'])
      expect(await cache.smembers('{s}to', { version: 2 })).toStrictEqual(['b'])
      await cache.clear({ version: 2 })
    })

    test('is combined with others, and kept under another key', async ({ cache }) => {
      await cache.sadd('{s}one', [1, 2, 3])
      await cache.sadd('{s}two', [2, 3, 4])
      expect(sorted(await cache.sdiff(['{s}one', '{s}two']))).toStrictEqual([1])
      expect(sorted(await cache.sinter(['{s}one', '{s}two']))).toStrictEqual([2, 3])
      expect(sorted(await cache.sunion(new Set(['{s}one', '{s}two', '{s}nothing'])))).toStrictEqual([1, 2, 3, 4])
      expect(await cache.sinter([])).toStrictEqual([])
      await cache.set('{s}kept', 'a text')
      expect(await cache.sdiffstore('{s}kept', ['{s}one', '{s}two'])).toBe(1)
      expect(sorted(await cache.smembers('{s}kept'))).toStrictEqual([1])
      expect(await cache.sinterstore('{s}kept', ['{s}one', '{s}two'])).toBe(2)
      expect(await cache.sunionstore('{s}kept', ['{s}one', '{s}two'], { destinationVersion: 3 })).toBe(4)
      expect(sorted(await cache.smembers('{s}kept'))).toStrictEqual([2, 3])
      expect(sorted(await cache.smembers('{s}kept', { version: 3 }))).toStrictEqual([1, 2, 3, 4])
      expect(await cache.sinterstore('{s}kept', ['{s}one', '{s}nothing'])).toBe(0)
      expect(await cache.has('{s}kept')).toBe(false)
      await cache.clear({ version: 3 })
    })

    test('is walked to its end, every member once', async ({ cache }) => {
      const members = Array.from({ length: 3_000 }, (_, index) => `member ${index}`)
      await cache.sadd('s', members)
      expect((await cache.sscan<string>('s', { batch: 10 })).sort()).toStrictEqual(members.sort())
      const found: string[] = []
      for await (const member of cache.sscanIter<string>('s', { batch: 100 })) found.push(member)
      expect(found.sort()).toStrictEqual(members)
      expect(await cache.sscan('nothing')).toStrictEqual([])
    })

    test('is walked by a pattern on what the members are', async ({ cache }) => {
      await cache.sadd('s', ['apple', 'avocado', 'pear', 'a*', 'Äpfel', 15, 150, { a: 1 }, null])
      expect((await cache.sscan<string>('s', { match: 'a*' })).sort()).toStrictEqual(['a*', 'apple', 'avocado'])
      expect(await cache.sscan('s', { match: 'a\\*' })).toStrictEqual(['a*'])
      expect(await cache.sscan('s', { match: '?pfel' })).toStrictEqual(['Äpfel'])
      expect(sorted(await cache.sscan('s', { match: '15*' }))).toStrictEqual([15, 150])
    })

    test('keeps any value that JSON can hold', async ({ cache }) => {
      await fc.assert(
        fc.asyncProperty(fc.jsonValue(), async (value) => {
          const kept: unknown = typeof value === 'number' ? value : JSON.parse(JSON.stringify(value))
          await cache.delete('s')
          await cache.sadd('s', [value])
          expect(await cache.sismember('s', value)).toBe(true)
          expect(await cache.smembers('s')).toStrictEqual([kept])
        }),
        { numRuns: 100 },
      )
    })

    test('of nothing changes nothing, and an absent one is empty', async ({ cache }) => {
      expect(await cache.sadd('s', [])).toBe(0)
      expect(await cache.srem('s', new Set())).toBe(0)
      expect(await cache.smismember('s', [])).toStrictEqual([])
      expect(await cache.smembers('s')).toStrictEqual([])
      expect(await cache.scard('s')).toBe(0)
      expect(await cache.sismember('s', 1)).toBe(false)
    })

    test('refuses what is none, and writes nothing', async ({ cache }) => {
      await cache.sadd('s', ['a'])
      const cycle: unknown[] = []
      cycle.push(cycle)
      for (const bad of [undefined, () => 1, Symbol('s')]) {
        await expect(cache.sadd('s', ['b', bad])).rejects.toBeInstanceOf(TypeError)
        await expect(cache.sismember('s', bad)).rejects.toBeInstanceOf(TypeError)
        await expect(cache.smove('s', 't', bad)).rejects.toBeInstanceOf(TypeError)
      }
      for (const bad of [NaN, Infinity, cycle, [1n]])
        await expect(cache.sadd('s', ['b', bad])).rejects.toBeInstanceOf(CodecError)
      for (const bad of ['text', 5, null, undefined, {}]) {
        await expect(cache.sadd('s', bad as [])).rejects.toBeInstanceOf(TypeError)
        await expect(cache.smismember('s', bad as [])).rejects.toBeInstanceOf(TypeError)
        await expect(cache.sunion(bad as [])).rejects.toBeInstanceOf(TypeError)
      }
      for (const key of ['', NaN, null, undefined, {}]) {
        await expect(cache.sadd(key as Key, ['b'])).rejects.toBeInstanceOf(KeyError)
        await expect(cache.smove('s', key as Key, 'a')).rejects.toBeInstanceOf(KeyError)
        await expect(cache.sunionstore(key as Key, ['s'])).rejects.toBeInstanceOf(KeyError)
        await expect(cache.sunion(['s', key as Key])).rejects.toBeInstanceOf(KeyError)
      }
      await expect(cache.sunionstore('s', [])).rejects.toBeInstanceOf(KeyError)
      for (const count of [-1, 1.5, NaN, '1'])
        await expect(cache.spop('s', count as number)).rejects.toBeInstanceOf(ConfigurationError)
      await expect(cache.srandmember('s', 1.5)).rejects.toBeInstanceOf(ConfigurationError)
      await expect(cache.sscan('s', { batch: 0 })).rejects.toBeInstanceOf(ConfigurationError)
      expect(await cache.smembers('s')).toStrictEqual(['a'])
    })

    test('is not what another type of value is', async ({ cache }) => {
      await cache.set('text', 'x')
      await expect(cache.sadd('text', ['a'])).rejects.toBeInstanceOf(CommandError)
      await expect(cache.smembers('text')).rejects.toMatchObject({
        reply: expect.stringMatching(/^WRONGTYPE/) as string,
      })
    })
  })
})

function sorted(numbers: readonly unknown[]): unknown[] {
  return (numbers as number[]).toSorted((one, other) => one - other)
}
