import { describe, expect } from 'vitest'
import { UnsupportedError, type Cache } from '../../src/index.js'
import { test } from '../support/caches.js'
import { rejection } from '../support/rejection.js'

describe('fields with a ttl, in memory', () => {
  const inMemory = test.extend('cache', ({ make }): Cache => make({ cache: { location: 'memory://' } }).cache)

  inMemory('are over when it is', async ({ cache }) => {
    expect(await cache.hset('h', { a: 1, b: 2 }, { ttl: '1h' })).toBe(2)
    expect(await cache.hset('h', { b: 3, c: 4 })).toBe(1)
    const [ofA, ...others] = await cache.httl('h', ['a', 'b', 'c', 'absent'])
    expect(ofA).toBeGreaterThan(3_500_000)
    expect(others).toStrictEqual([null, null, undefined])
    expect(await cache.hset('h', { a: 2, d: 5 }, { ttl: 0 })).toBe(1)
    expect(await cache.hgetall('h')).toStrictEqual(
      new Map([
        ['b', 3],
        ['c', 4],
      ]),
    )
  })

  inMemory('get one, lose it, and are removed by one that is over', async ({ cache }) => {
    await cache.hset('h', { a: 1, b: 2 })
    expect(await cache.hexpire('h', ['a', 'b', 'absent'], '1h')).toBe(2)
    expect(await cache.hincrby('h', 'b', 1)).toBe(3)
    expect(await cache.hpersist('h', ['a', 'absent'])).toBe(1)
    const [ofA, ofB] = await cache.httl('h', ['a', 'b'])
    expect(ofA).toBeNull()
    expect(ofB).toBeGreaterThan(3_500_000)
    expect(await cache.hexpire('h', ['b'], null)).toBe(1)
    expect(await cache.httl('h', ['b'])).toStrictEqual([null])
    expect(await cache.hexpire('h', ['a', 'b'], 0)).toBe(2)
    expect(await cache.has('h')).toBe(false)
    expect([await cache.hexpire('h', [], 1), await cache.httl('h', []), await cache.httl('h', ['a'])]).toStrictEqual([
      0,
      [],
      [undefined],
    ])
  })
})

describe('a server that has no ttl for fields', () => {
  test('is named by its version, and nothing is written', async ({ cache }) => {
    await cache.hset('h', { a: 1 })
    const calls = [
      () => cache.hset('h', { b: 2 }, { ttl: '1h' }),
      () => cache.hexpire('h', ['a'], '1h'),
      () => cache.hpersist('h', ['a']),
      () => cache.httl('h', ['a']),
    ]
    for (const call of calls) {
      const { error } = await rejection(call())
      expect(error).toBeInstanceOf(UnsupportedError)
      expect(String(error)).toMatch(/Valkey 9 or later, and (Valkey|Redis) \d+\.\d+\.\d+/)
    }
    expect(await cache.hgetall('h')).toStrictEqual(new Map([['a', 1]]))
  })
})
