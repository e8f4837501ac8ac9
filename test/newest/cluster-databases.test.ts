import { expect } from 'vitest'
import { ConfigurationError } from '../../src/index.js'
import { slotOf } from '../../src/keys/slot.js'
import { test as base } from '../support/caches.js'
import { rejection } from '../support/rejection.js'

/** Valkey from 9.0 on: a cluster has as many databases as `cluster-databases` says. */

const test = base.extend('cluster', { scope: 'file' }, ({ lab }) =>
  lab.cluster({ config: { 'cluster-databases': '4' } }),
)

test('caches on databases of one cluster do not see each other, and follow a failover', async ({ cluster, make }) => {
  const { one, three } = make(
    { one: { database: 1 }, three: { location: cluster.locations.map((location) => `${location}/3`) } },
    { client: 'cluster', location: cluster.locations },
  )
  const keys = Array.from({ length: 100 }, (_, index) => `k${index}`)
  expect(await one.setMany(keys.map((key) => [key, 'one'] as const))).toStrictEqual([])
  expect(await three.setMany(keys.map((key) => [key, 'three'] as const))).toStrictEqual([])
  await cluster.failover(0)
  for (const [cache, value] of [[one, 'one'] as const, [three, 'three'] as const]) {
    expect(await cache.getMany(keys)).toStrictEqual(new Map(keys.map((key) => [key, value])))
    expect(await cache.keys('*')).toHaveLength(keys.length)
  }
  await one.flushDb()
  expect(await one.keys('*')).toStrictEqual([])
  expect(await three.clear()).toBe(keys.length)
})

test('slots that move take the keys of every database along', async ({ cluster, make }) => {
  const caches = make(
    { zero: {}, two: { database: 2 } },
    { client: 'cluster', location: cluster.locations, prefix: '{moving}' },
  )
  const all = [caches.zero, caches.two]
  await Promise.all(all.map((cache) => cache.setMany({ one: 1, two: 2 })))
  const from = await cluster.primaryOf('{moving}')
  const to = (await cluster.primaries()).find((primary) => primary !== from) ?? from
  const slots = [slotOf('{moving}')]
  await cluster.reshard({ slots, from, to })
  for (const cache of all) expect([...(await cache.getMany(['one', 'two'])).values()]).toStrictEqual([1, 2])
  await cluster.reshard({ slots, from: to, to: from, atomic: true })
  for (const cache of all) expect([...(await cache.getMany(['one', 'two'])).values()]).toStrictEqual([1, 2])
})

test('a database past the last one says which setting raises that', async ({ cluster, make }) => {
  const { cache } = make({ cache: { client: 'cluster', location: cluster.locations, database: 4 } })
  for (const { error } of await Promise.all([cache.ping(), cache.get('k'), cache.set('k', 1)].map(rejection))) {
    expect(error).toBeInstanceOf(ConfigurationError)
    expect(String(error)).toMatch(/version 9\..*DB index is out of range.*cluster-databases/)
  }
})
