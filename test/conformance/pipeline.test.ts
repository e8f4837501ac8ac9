import { describe, expect } from 'vitest'
import { CodecError, CommandError, KeyError, KeyNotFoundError, UnsupportedError } from '../../src/index.js'
import { describeDeployments } from '../support/conformance.js'

describeDeployments((test) => {
  describe('a pipeline', () => {
    test('gives what its operations give, in their order', async ({ cache }) => {
      await cache.set('old', { a: 1 })
      const results = await cache.pipeline((pipeline) => [
        pipeline.set('k', [1], { ttl: '1m' }),
        pipeline.get<number[]>('k'),
        pipeline.getMany(['old', 'nothing']),
        pipeline.incr('n', 5, { create: true }),
        pipeline.sadd('s', ['a', 'b']),
        pipeline.smembers('s'),
        pipeline.hset('h', { f: 1 }),
        pipeline.hgetall('h'),
        pipeline.zadd('z', [['m', 1]]),
        pipeline.zrange('z', 0, -1, { withScores: true }),
        pipeline.has('k'),
        pipeline.delete('old'),
        pipeline.setMany({ x: 1, y: 2 }),
        pipeline.add('k', 2),
        pipeline.set('k', 1, { ttl: 0 }),
      ])
      expect([...results.slice(0, 5), ...results.slice(6)]).toStrictEqual([
        true,
        [1],
        new Map([['old', { a: 1 }]]),
        5,
        2,
        1,
        new Map([['f', 1]]),
        1,
        [['m', 1]],
        true,
        true,
        [],
        false,
        true,
      ])
      expect(new Set(results[5])).toStrictEqual(new Set(['a', 'b']))
      expect(await cache.has('k')).toBe(false)
    })

    test('goes through to the end of what takes more than one command', async ({ cache }) => {
      await cache.set('n', 1.5, { ttl: null })
      expect(
        await cache.pipeline((pipeline) => [
          pipeline.incr('n', 1, { create: true }),
          pipeline.touch('n', { ttl: null }),
        ]),
      ).toStrictEqual([2.5, true])
    })

    test('rejects with the first error, and what the others did stands', async ({ cache }) => {
      await cache.set('text', 'x')
      const run = cache.pipeline((pipeline) => [
        pipeline.set('a', 1),
        pipeline.sadd('text', ['x']),
        pipeline.incr('nothing'),
        pipeline.set('b', 1),
      ])
      await expect(run).rejects.toBeInstanceOf(CommandError)
      expect(await cache.has(['a', 'b'])).toBe(true)
      await expect(cache.pipeline((pipeline) => [pipeline.incr('nothing')])).rejects.toBeInstanceOf(KeyNotFoundError)
      const outcomes = await cache.pipeline((pipeline) => [
        Promise.allSettled([pipeline.incr('nothing'), pipeline.get('a')]),
      ])
      expect(outcomes[0]).toMatchObject([{ reason: { code: 'E_KEY_NOT_FOUND' } }, { value: 1 }])
    })

    test('sends nothing at all when a key or a value is refused', async ({ cache }) => {
      const cycle: unknown[] = []
      cycle.push(cycle)
      const refused = [
        cache.pipeline((pipeline) => [pipeline.set('a', 1), pipeline.set('', 1)]),
        cache.pipeline((pipeline) => [pipeline.set('a', 1), pipeline.set('b', cycle)]),
        cache.pipeline((pipeline) => [pipeline.set('a', 1), pipeline.command(['MULTI'])]),
      ]
      const errors = [KeyError, CodecError, UnsupportedError]
      for (const [index, run] of refused.entries()) await expect(run).rejects.toBeInstanceOf(errors[index])
      expect(await cache.has('a')).toBe(false)
    })

    test('is an array of what was asked for', async ({ cache }) => {
      expect(await cache.pipeline(() => [])).toStrictEqual([])
      await expect(cache.pipeline((() => undefined) as unknown as () => [])).rejects.toBeInstanceOf(TypeError)
      expect(await cache.pipeline(async () => [])).toStrictEqual([])
      await expect(cache.pipeline(undefined as unknown as () => [])).rejects.toBeInstanceOf(TypeError)
      const failing = cache.pipeline((): [] => {
        throw new RangeError('no')
      })
      await expect(failing).rejects.toBeInstanceOf(RangeError)
    })

    test('runs commands of your own too', async ({ cache }) => {
      const run = cache.pipeline((pipeline) => [
        pipeline.command(['SET', 'k', '1'], { key: 1 }),
        pipeline.get('k'),
        pipeline.command(['STRLEN', cache.makeKey('k')]),
      ])
      expect(await run).toStrictEqual(['OK', 1, 1])
    })

    test('ends with the reason of its signal', async ({ cache }) => {
      const reason = new Error('had enough')
      const signal = AbortSignal.abort(reason)
      await expect(cache.pipeline((pipeline) => [pipeline.set('k', 1)], { signal })).rejects.toBe(reason)
      expect(await cache.has('k')).toBe(false)
    })
  })
})
