import { describe, expect } from 'vitest'
import { CodecError, ConfigurationError, KeyError, type Key, type ScoreBound } from '../../src/index.js'
import { describeDeployments } from '../support/conformance.js'

describeDeployments((test) => {
  describe('a sorted set', () => {
    test('has members in the order of their scores', async ({ cache }) => {
      expect(
        await cache.zadd(
          'z',
          new Map<unknown, number>([
            ['b', 2],
            [{ id: 1 }, 1.5],
            ['far', Infinity],
          ]),
        ),
      ).toBe(3)
      expect(
        await cache.zadd('z', [
          ['b', 3],
          ['a', -1],
        ]),
      ).toBe(1)
      expect(await cache.zrange('z', 0, -1)).toStrictEqual(['a', { id: 1 }, 'b', 'far'])
      expect(await cache.zrange('z', 0, -1, { withScores: true })).toStrictEqual([
        ['a', -1],
        [{ id: 1 }, 1.5],
        ['b', 3],
        ['far', Infinity],
      ])
      expect(await cache.zrange('z', 1, 2, { rev: true })).toStrictEqual(['b', { id: 1 }])
      expect(await cache.zrevrange('z', 0, 0)).toStrictEqual(['far'])
      expect(await cache.zcard('z')).toBe(4)
      expect(await cache.zrange('nothing', 0, -1)).toStrictEqual([])
    })

    test('is asked by score, with ends left out, in both directions and in parts', async ({ cache }) => {
      await cache.zadd(
        'z',
        ['a', 'b', 'c', 'd', 'e'].map((member, index) => [member, index + 1] as const),
      )
      expect(await cache.zrange('z', 2, 4, { byScore: true })).toStrictEqual(['b', 'c', 'd'])
      expect(await cache.zrangebyscore('z', '(2', 4)).toStrictEqual(['c', 'd'])
      expect(await cache.zrangebyscore('z', -Infinity, '(2.5')).toStrictEqual(['a', 'b'])
      expect(await cache.zrangebyscore('z', 2, Infinity, { offset: 1, count: 2 })).toStrictEqual(['c', 'd'])
      expect(await cache.zrangebyscore('z', 2, Infinity, { offset: 2 })).toStrictEqual(['d', 'e'])
      expect(await cache.zrangebyscore('z', 5, 5, { withScores: true })).toStrictEqual([['e', 5]])
      expect(await cache.zrevrangebyscore('z', 3, 1)).toStrictEqual(['c', 'b', 'a'])
      expect(await cache.zrange('z', 3, '(1', { byScore: true, rev: true })).toStrictEqual(['c', 'b'])
      expect(await cache.zcount('z', '(1', 3)).toBe(2)
      expect(await cache.zcount('z', -Infinity, Infinity)).toBe(5)
    })

    test('knows scores and places', async ({ cache }) => {
      await cache.zadd('z', [
        ['a', 1],
        ['b', 2.5],
        ['c', 3],
      ])
      expect(await cache.zscore('z', 'b')).toBe(2.5)
      expect(await cache.zscore('z', 'nothing')).toBeUndefined()
      expect(await cache.zmscore('z', ['c', 'nothing', 'a'])).toStrictEqual([3, undefined, 1])
      expect(await cache.zmscore('nothing', ['a'])).toStrictEqual([undefined])
      expect(await cache.zrank('z', 'c')).toBe(2)
      expect(await cache.zrevrank('z', 'c')).toBe(0)
      expect(await cache.zrank('z', 'nothing')).toBeUndefined()
      expect(await cache.zincrby('z', 'b')).toBe(3.5)
      expect(await cache.zincrby('z', 'new', -0.5)).toBe(-0.5)
    })

    test('takes a score under conditions', async ({ cache }) => {
      await cache.zadd('z', [['a', 5]])
      expect(
        await cache.zadd(
          'z',
          [
            ['a', 1],
            ['b', 1],
          ],
          { nx: true },
        ),
      ).toBe(1)
      expect(await cache.zscore('z', 'a')).toBe(5)
      await cache.zadd(
        'z',
        [
          ['a', 4],
          ['c', 1],
        ],
        { xx: true },
      )
      expect(await cache.zmscore('z', ['a', 'c'])).toStrictEqual([4, undefined])
      await cache.zadd('z', [['a', 3]], { gt: true })
      expect(await cache.zscore('z', 'a')).toBe(4)
      await cache.zadd('z', [['a', 3]], { lt: true, xx: true })
      expect(await cache.zscore('z', 'a')).toBe(3)
      for (const options of [
        { nx: true, xx: true },
        { nx: true, gt: true },
        { gt: true, lt: true },
        { nx: true, lt: true },
      ])
        await expect(cache.zadd('z', [['a', 9]], options)).rejects.toBeInstanceOf(ConfigurationError)
      expect(await cache.zscore('z', 'a')).toBe(3)
    })

    test('gives members up: by name, from its ends, by place and by score', async ({ cache }) => {
      await cache.zadd(
        'z',
        Array.from({ length: 8 }, (_, index) => [index, index] as const),
      )
      expect(await cache.zrem('z', [3, 'nothing'])).toBe(1)
      expect(await cache.zpopmin('z')).toStrictEqual([[0, 0]])
      expect(await cache.zpopmax('z', 2)).toStrictEqual([
        [7, 7],
        [6, 6],
      ])
      expect(await cache.zremrangebyrank('z', 0, 0)).toBe(1)
      expect(await cache.zremrangebyscore('z', '(2', 4)).toBe(1)
      expect(await cache.zrange('z', 0, -1)).toStrictEqual([2, 5])
      expect(await cache.zpopmin('z', 10)).toHaveLength(2)
      expect(await cache.zpopmin('z')).toStrictEqual([])
      expect(await cache.zpopmax('z', 0)).toStrictEqual([])
    })

    test('is walked to its end, every member once, with its score', async ({ cache }) => {
      const members = Array.from({ length: 2_000 }, (_, index) => [`m${index}`, index / 2] as const)
      await cache.zadd('z', members)
      expect(new Map(await cache.zscan('z', { batch: 10 }))).toStrictEqual(new Map(members))
      expect(await cache.zscan('z', { match: 'm1999' })).toStrictEqual([['m1999', 999.5]])
      let walked = 0
      for await (const [, score] of cache.zscanIter('z')) walked += score
      expect(walked).toBe(members.reduce((sum, [, score]) => sum + score, 0))
    })

    test('of nothing changes nothing, and an absent one is empty', async ({ cache }) => {
      expect(await cache.zadd('z', [])).toBe(0)
      expect(await cache.zrem('z', [])).toBe(0)
      expect(await cache.zmscore('z', [])).toStrictEqual([])
      expect(await cache.zcard('z')).toBe(0)
      expect(await cache.has('z')).toBe(false)
    })

    test('refuses what is none, and writes nothing', async ({ cache }) => {
      const cycle: unknown[] = []
      cycle.push(cycle)
      for (const score of [NaN, '1', null, undefined])
        await expect(
          cache.zadd('z', [
            ['a', 1],
            ['b', score as number],
          ]),
        ).rejects.toBeInstanceOf(TypeError)
      await expect(
        cache.zadd('z', [
          ['a', 1],
          [undefined, 2],
        ]),
      ).rejects.toBeInstanceOf(TypeError)
      await expect(
        cache.zadd('z', [
          ['a', 1],
          [cycle, 2],
        ]),
      ).rejects.toBeInstanceOf(CodecError)
      for (const bad of ['text', null, undefined, ['ab'], [['a', 1, 2]]])
        await expect(cache.zadd('z', bad as unknown as [])).rejects.toBeInstanceOf(TypeError)
      for (const key of ['', NaN, null, {}])
        await expect(cache.zadd(key as Key, [['a', 1]])).rejects.toBeInstanceOf(KeyError)
      for (const bound of ['5', '(x', '[5', NaN, null, undefined]) {
        await expect(cache.zrangebyscore('z', bound as ScoreBound, 5)).rejects.toBeInstanceOf(TypeError)
        await expect(cache.zcount('z', 0, bound as ScoreBound)).rejects.toBeInstanceOf(TypeError)
        await expect(cache.zremrangebyscore('z', 0, bound as ScoreBound)).rejects.toBeInstanceOf(TypeError)
        await expect(cache.zrange('z', 0, bound as ScoreBound)).rejects.toBeInstanceOf(TypeError)
      }
      await expect(cache.zrange('z', 1.5, 2)).rejects.toBeInstanceOf(TypeError)
      await expect(cache.zremrangebyrank('z', 0, 1.5)).rejects.toBeInstanceOf(TypeError)
      await expect(cache.zrange('z', 0, 1, { count: 1 })).rejects.toBeInstanceOf(ConfigurationError)
      await expect(cache.zrangebyscore('z', 0, 1, { offset: -1 })).rejects.toBeInstanceOf(ConfigurationError)
      await expect(cache.zpopmin('z', -1)).rejects.toBeInstanceOf(ConfigurationError)
      await expect(cache.zincrby('z', 'a', NaN)).rejects.toBeInstanceOf(TypeError)
      expect(await cache.has('z')).toBe(false)
    })
  })
})
