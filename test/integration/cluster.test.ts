import { describe, expect } from 'vitest'
import type { Cache } from '../../src/index.js'
import { slotOf } from '../../src/keys/slot.js'
import { OpenSlot, test } from '../support/cluster.js'

const many = Array.from({ length: 100 }, (_, index) => `key:${index}`)

describe('a cluster', () => {
  test('keeps each key on the shard of its slot', async ({ cluster, clusterCache }) => {
    await Promise.all(many.map((key) => clusterCache.set(key, key)))
    expect(await Promise.all(many.map((key) => clusterCache.get(key)))).toEqual(many)
    const sizes = await Promise.all((await cluster.primaries()).map((primary) => primary.command('DBSIZE')))
    expect(sizes.every((size) => Number(size) > 10)).toBe(true)
    expect(clusterCache.topology()).toMatchObject({ state: 'steady', primary: undefined })
    expect(clusterCache.topology().shards).toHaveLength(3)
  })

  test('reads and writes keys of all shards at once, in the order asked', async ({ clusterCache }) => {
    expect(await clusterCache.setMany(pairs(many))).toEqual([])
    expect([...(await clusterCache.getMany([...many, 'missing']))]).toEqual(many.map((key) => [key, key]))
    expect(await clusterCache.has(many)).toBe(true)
    expect(await clusterCache.deleteMany([...many.slice(50), 'missing'])).toBe(50)
    expect(await clusterCache.keys('*')).toHaveLength(50)
    expect(await clusterCache.clear()).toBe(50)
    await clusterCache.ping()
  })
})

describe('while a slot is being moved', () => {
  test('every key of it is found where it is', async ({ cluster, clusterCache }) => {
    const keys = ['{a}1', '{a}2', '{a}3'] as const
    const made = keys.map((key) => clusterCache.makeKey(key))
    await clusterCache.setMany(pairs(keys))
    const open = await OpenSlot.of(made[0] as string, cluster)
    await open.move(made[0] as string)
    expect(await all(clusterCache, keys)).toEqual([...keys])
    expect([...(await clusterCache.getMany([...keys, '{a}4']))]).toEqual(keys.map((key) => [key, key]))
    expect(await clusterCache.setMany(pairs([...keys, '{a}5'], 2))).toEqual([])
    expect([...(await clusterCache.getMany([...keys, '{a}5'])).values()]).toEqual([2, 2, 2, 2])
    expect(await clusterCache.has(keys)).toBe(true)
    expect(await clusterCache.set('{a}6', 6, { nx: true })).toBe(true)
    expect(await clusterCache.deleteMany([...keys, '{a}4'])).toBe(3)
    expect(await clusterCache.getOrSet('{a}7', () => 7)).toBe(7)
    await using lock = await clusterCache.lock('{a}lock', { ttl: '5s' }).acquire()
    expect(lock).toBeDefined()
    await open.finish()
    expect(await clusterCache.get('{a}6')).toBe(6)
    expect(slotOf(made[0] as string)).toBe(open.slot)
  })
})

function all(cache: Cache, keys: readonly string[]): Promise<unknown[]> {
  return Promise.all(keys.map((key) => cache.get(key)))
}

function pairs(keys: readonly string[], value?: unknown): [string, unknown][] {
  return keys.map((key) => [key, value ?? key])
}
