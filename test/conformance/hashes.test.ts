import { describe, expect } from 'vitest'
import { CodecError, CommandError, KeyError, UnsupportedError, type Field, type Key } from '../../src/index.js'
import { describeDeployments } from '../support/conformance.js'

describeDeployments((test) => {
  describe('a hash', () => {
    test('has fields with values of any kind', async ({ cache }) => {
      expect(await cache.hset('h', { name: 'Ada', tags: ['a', null], 7: 1.5 })).toBe(3)
      expect(
        await cache.hset(
          'h',
          new Map<Field, unknown>([
            ['name', 'Grace'],
            [8, false],
          ]),
        ),
      ).toBe(1)
      expect(await cache.hset('h', [['', null] as const])).toBe(1)
      expect(await cache.hget('h', 'name')).toBe('Grace')
      expect(await cache.hget('h', 7)).toBe(1.5)
      expect(await cache.hget('h', '')).toBeNull()
      expect(await cache.hget('h', 'nothing')).toBeUndefined()
      expect(await cache.hget('nothing', 'name')).toBeUndefined()
      expect(await cache.hgetall('h')).toStrictEqual(
        new Map<string, unknown>([
          ['7', 1.5],
          ['name', 'Grace'],
          ['tags', ['a', null]],
          ['8', false],
          ['', null],
        ]),
      )
      expect(await cache.hlen('h')).toBe(5)
    })

    test('gives many fields in the order asked, and its parts', async ({ cache }) => {
      await cache.hset('h', { a: 1, b: 'two' })
      expect(await cache.hmget('h', ['b', 'nothing', 'a', 'b'])).toStrictEqual(['two', undefined, 1, 'two'])
      expect(await cache.hmget('nothing', ['a'])).toStrictEqual([undefined])
      expect((await cache.hkeys('h')).sort()).toStrictEqual(['a', 'b'])
      expect(new Set(await cache.hvals('h'))).toStrictEqual(new Set([1, 'two']))
      expect(await cache.hexists('h', 'a')).toBe(true)
      expect(await cache.hexists('h', 'nothing')).toBe(false)
    })

    test('takes a field that is absent only, and gives fields up', async ({ cache }) => {
      expect(await cache.hsetnx('h', 'a', 1)).toBe(true)
      expect(await cache.hsetnx('h', 'a', 2)).toBe(false)
      expect(await cache.hget('h', 'a')).toBe(1)
      expect(await cache.hdel('h', ['a', 'nothing'])).toBe(1)
      expect(await cache.has('h')).toBe(false)
    })

    test('counts in a field, in whole numbers and fractions', async ({ cache }) => {
      expect(await cache.hincrby('h', 'n')).toBe(1)
      expect(await cache.hincrby('h', 'n', 2n ** 60n)).toBe(2n ** 60n + 1n)
      expect(await cache.hincrby('h', 'f', 0.5)).toBe(0.5)
      expect(await cache.hincrby('h', 'f', -0.25)).toBe(0.25)
      expect(await cache.hget('h', 'f')).toBe(0.25)
      await cache.hset('h', { text: 'x' })
      await expect(cache.hincrby('h', 'text')).rejects.toBeInstanceOf(CommandError)
      await expect(cache.hincrby('h', 'n', 2n ** 63n - 1n)).rejects.toBeInstanceOf(CommandError)
      for (const delta of [NaN, Infinity, '1', null, 2 ** 53])
        await expect(cache.hincrby('h', 'n', delta as number)).rejects.toBeInstanceOf(UnsupportedError)
    })

    test('has a made key and plain fields, whatever they are called', async ({ cacheWith }) => {
      const shop = cacheWith({ prefix: 'shop', version: 2 })
      const fields = ['__proto__', 'constructor', 'a:b', 'ключ', ' ', '\n']
      await shop.hset(
        'h',
        fields.map((field) => [field, field] as const),
      )
      expect((await shop.hkeys('h')).sort()).toStrictEqual(fields.toSorted())
      expect((await shop.hgetall('h')).get('__proto__')).toBe('__proto__')
      expect(await shop.hlen('h', { version: 1 })).toBe(0)
      expect(await shop.hlen('h', { version: 2 })).toBe(6)
    })

    test('of nothing changes nothing, and an absent one is empty', async ({ cache }) => {
      expect(await cache.hset('h', {})).toBe(0)
      expect(await cache.hset('h', new Map())).toBe(0)
      expect(await cache.hdel('h', [])).toBe(0)
      expect(await cache.hmget('h', [])).toStrictEqual([])
      expect(await cache.hgetall('h')).toStrictEqual(new Map())
      expect(await cache.hkeys('h')).toStrictEqual([])
      expect(await cache.hvals('h')).toStrictEqual([])
      expect(await cache.hlen('h')).toBe(0)
    })

    test('refuses what is none, and writes nothing', async ({ cache }) => {
      const cycle: unknown[] = []
      cycle.push(cycle)
      await expect(cache.hset('h', { a: 1, b: undefined })).rejects.toBeInstanceOf(TypeError)
      await expect(cache.hset('h', { a: 1, b: cycle })).rejects.toBeInstanceOf(CodecError)
      await expect(cache.hset('h', { a: 1, b: NaN })).rejects.toBeInstanceOf(CodecError)
      await expect(cache.hsetnx('h', 'a', undefined)).rejects.toBeInstanceOf(TypeError)
      for (const bad of ['text', 5, null, undefined, ['ab'], [['a']]])
        await expect(cache.hset('h', bad as object as {})).rejects.toBeInstanceOf(TypeError)
      for (const bad of [null, undefined, NaN, {}, true]) {
        await expect(cache.hset('h', [[bad as Field, 1]])).rejects.toBeInstanceOf(KeyError)
        await expect(cache.hget('h', bad as Field)).rejects.toBeInstanceOf(KeyError)
        await expect(cache.hmget('h', [bad as Field])).rejects.toBeInstanceOf(KeyError)
        await expect(cache.hdel('h', [bad as Field])).rejects.toBeInstanceOf(KeyError)
      }
      await expect(cache.hdel('h', 'ab' as unknown as [])).rejects.toBeInstanceOf(TypeError)
      for (const key of ['', NaN, null, undefined, {}])
        await expect(cache.hset(key as Key, { a: 1 })).rejects.toBeInstanceOf(KeyError)
      expect(await cache.has('h')).toBe(false)
    })
  })
})
