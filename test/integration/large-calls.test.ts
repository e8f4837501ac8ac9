import { describe, expect } from 'vitest'
import type { Cache } from '../../src/index.js'
import { at, callsOf, test as base } from '../support/caches.js'

const test = base.extend('large', ({ server, make }): Cache => {
  return make({ cache: { location: at(server), readDeadline: '30s', writeDeadline: '30s', attemptTimeout: '30s' } })
    .cache
})

const numbers = (count: number): number[] => Array.from({ length: count }, (_, index) => index)
const keyed = (count: number): (readonly [string, number])[] => numbers(count).map((one) => [`k${one}`, one])

describe('a call of more than a connection takes at once', () => {
  test('writes, reads and deletes 70,000 keys', async ({ large }) => {
    const entries = keyed(70_000)
    const keys = entries.map(([key]) => key)
    expect(await large.setMany(entries)).toStrictEqual([])
    // As texts: comparing 70,000 pairs one by one takes longer than all calls here.
    expect(String([...(await large.getMany(['absent', ...keys]))])).toBe(String(entries))
    expect(await large.has(['k0', 'k69999'])).toBe(true)
    expect(await large.deleteMany([...keys, 'absent'])).toBe(70_000)
  })

  test('runs a pipeline of 66,000 operations', async ({ large }) => {
    const results = await large.pipeline((pipeline) => numbers(66_000).map((one) => pipeline.set('n', one)))
    expect(results.every(Boolean)).toBe(true)
    expect(await large.get('n')).toBe(65_999)
  })

  test('adds, asks for and removes 12,000 members, and sums the counts', async ({ large }) => {
    const members = numbers(12_000)
    const asked = ['absent', ...members]
    const fields = members.map((one) => [`f${one}`, one] as const)
    expect(await large.sadd('s', members)).toBe(12_000)
    expect(await large.smismember('s', asked)).toStrictEqual([false, ...members.map(() => true)])
    expect(await large.srem('s', asked)).toBe(12_000)
    expect(await large.hset('h', fields)).toBe(12_000)
    expect(await large.hmget('h', ['absent', ...fields.map(([field]) => field)])).toStrictEqual([undefined, ...members])
    expect(await large.hdel('h', ['absent', ...fields.map(([field]) => field)])).toBe(12_000)
    expect(
      await large.zadd(
        'z',
        members.map((one) => [one, one] as const),
      ),
    ).toBe(12_000)
    expect(await large.zmscore('z', asked)).toStrictEqual([undefined, ...members])
    expect(await large.zrem('z', asked)).toBe(12_000)
  })
})

describe('up to 10,000 members and 1 MiB', () => {
  test('sadd, hset and zadd stay one command', async ({ server, large }) => {
    const members = numbers(10_000)
    const before = await Promise.all(['sadd', 'hset', 'zadd'].map((name) => callsOf(server, name)))
    await large.sadd('s', members)
    await large.hset(
      'h',
      members.map((one) => [one, one] as const),
    )
    await large.zadd(
      'z',
      members.map((one) => [one, one] as const),
    )
    const after = await Promise.all(['sadd', 'hset', 'zadd'].map((name) => callsOf(server, name)))
    expect(after).toStrictEqual(before.map((count) => count + 1))
  })
})

describe('while a large call is on its way', () => {
  test('calls of other keys pass, and calls of its keys wait', async ({ large }) => {
    await large.set('other', 'there')
    const order: string[] = []
    const note = (name: string) => (): void => void order.push(name)
    const written = large.setMany(keyed(60_000)).then(note('all written'))
    const other = large.get('other').then(note('other'))
    const last = large.get('k59999')
    await Promise.all([written, other, last])
    expect(order).toStrictEqual(['other', 'all written'])
    expect(await last).toBe(59_999)
  })

  test('nothing is sent when one key or value is refused', async ({ large }) => {
    const entries: [string, unknown][] = [...keyed(3_000)].map(([key, value]) => [key, value])
    await expect(large.setMany([...entries, ['bad', () => {}]])).rejects.toBeInstanceOf(TypeError)
    await expect(large.setMany([...entries, ['', 1]])).rejects.toMatchObject({ code: 'E_KEY' })
    expect(await large.keys('*')).toStrictEqual([])
  })

  test('its deadline says how many were acknowledged', async ({ ownServer, make }) => {
    const { cache } = make({ cache: { location: at(ownServer) } })
    await cache.set('warm', 1)
    ownServer.pause()
    const late = cache.setMany(keyed(20_000), { deadline: '150ms' })
    const unsent = cache.set('k19999', 1, { deadline: '150ms' })
    await expect(late).rejects.toMatchObject({
      code: 'E_TIMEOUT',
      sent: true,
      message: expect.stringMatching(/\b0 of 20000 were acknowledged/) as string,
    })
    await expect(unsent).rejects.toMatchObject({ code: 'E_TIMEOUT', sent: false })
    ownServer.resume()
  })
})
