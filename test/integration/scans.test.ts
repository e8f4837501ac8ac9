import { describe, expect } from 'vitest'
import { CommandTimeoutError, type Cache } from '../../src/index.js'
import { eventually, type LabServer } from '../../src/lab/index.js'
import { at, callsOf, test as base, unhedged } from '../support/caches.js'
import { rejection } from '../support/rejection.js'
import { replicasHave } from '../support/replicas-have.js'

const test = base.extend('group', async ({ lab }, { onCleanup }) => {
  const group = await lab.group({ replicas: 2, sentinels: 0 })
  onCleanup(async () => void (await Promise.all(group.nodes.map((node) => node.kill()))))
  return group
})

const many = Array.from({ length: 2_000 }, (_, index) => `k${index}`)

describe('a walk', () => {
  test('stays on one replica, for a cursor means nothing to another', async ({ group, make }) => {
    const { cache } = make({ cache: { location: group.location, readYourWrites: 0, ...unhedged } })
    const [primary, ...replicas] = group.nodes as [LabServer, ...LabServer[]]
    await cache.setMany(many.map((key) => [key, 1] as const))
    await replicasHave(primary, replicas)
    await eventually(async () => (await cache.get('k1'), (await counts(replicas, 'get')).every((calls) => calls > 0)))
    for (let walk = 1; walk <= 3; walk++) {
      const before = await counts([primary, ...replicas], 'scan')
      expect((await cache.keys('*', { batch: 20 })).sort()).toStrictEqual(many.toSorted())
      const after = await counts([primary, ...replicas], 'scan')
      const walked = after.map((calls, index) => calls - (before[index] as number)).filter((calls) => calls > 0)
      expect(walked).toHaveLength(1)
      expect(walked[0]).toBeGreaterThan(20)
    }
  })

  test('begins again on another when its server dies, and gives every key once', async ({ group, make }) => {
    const { cache } = make({ cache: { location: group.location, readYourWrites: 0, ...unhedged } })
    const [primary, ...replicas] = group.nodes as [LabServer, ...LabServer[]]
    await cache.setMany(many.map((key) => [key, 1] as const))
    await replicasHave(primary, replicas)
    await replicasAreRead(cache, replicas)
    const found: string[] = []
    for await (const key of cache.iterKeys('*', { batch: 20 })) {
      if (found.push(key) !== 100) continue
      for (const replica of replicas) if ((await callsOf(replica, 'scan')) > 0) await replica.kill()
    }
    expect(found.sort()).toStrictEqual(many.toSorted())
    expect(replicas.filter(({ state }) => state === 'running')).toHaveLength(1)
  })

  test('after an own write goes to the primary, which has it', async ({ group, make }) => {
    const { cache } = make({ cache: { location: group.location, readYourWrites: '1m', ...unhedged } })
    const [, ...replicas] = group.nodes as [LabServer, ...LabServer[]]
    for (const replica of replicas) await replica.command('REPLICAOF', 'NO', 'ONE')
    await cache.set('k', 1)
    expect(await cache.keys('*')).toStrictEqual(['k'])
  })

  test('of what is to be deleted goes to the primary', async ({ group, make }) => {
    const { cache } = make({ cache: { location: group.location } })
    const [primary, ...replicas] = group.nodes as [LabServer, ...LabServer[]]
    await cache.setMany(many.map((key) => [key, 1] as const))
    expect(await cache.deletePattern('k1*')).toBe(1_111)
    expect(await cache.clear()).toBe(889)
    expect(await counts(replicas, 'scan')).toStrictEqual([0, 0])
    expect(await callsOf(primary, 'unlink')).toBeLessThan(20)
  })

  test('has its deadline for each step', async ({ ownServer, make }) => {
    const { cache } = make({ cache: { location: at(ownServer), attemptTimeout: '10s' } })
    await cache.setMany(many.map((key) => [key, 1] as const))
    const keys = cache.iterKeys('*', { batch: 20, deadline: '500ms' })
    await keys.next()
    const busyUntil = performance.now() + 600
    while (performance.now() < busyUntil) await cache.ping()
    for (let key = 1; key < 100; key++) expect((await keys.next()).done).toBe(false)
    ownServer.pause()
    const walk = async (): Promise<void> => {
      for await (const _ of keys);
    }
    expect((await rejection(walk())).error).toBeInstanceOf(CommandTimeoutError)
  })
})

describe('deletePattern and clear', () => {
  test('block nobody with KEYS, DEL or FLUSHDB', async ({ ownServer, make }) => {
    const { cache } = make({ cache: { location: at(ownServer) } })
    await cache.setMany({ a: 1, b: 2 })
    await cache.keys('*')
    await cache.deletePattern('a')
    await cache.clear()
    const used = await Promise.all(['keys', 'flushdb', 'flushall', 'del'].map((name) => callsOf(ownServer, name)))
    expect(used).toStrictEqual([0, 0, 0, 0])
  })

  test('see the helper keys beside values: clear removes them uncounted, nothing else finds them', async ({
    server,
    make,
  }) => {
    const { shop, other } = make({ shop: { prefix: 's?' }, other: { prefix: 'sh' } }, { location: at(server) })
    await shop.set('k', 1)
    await other.set('k', 1)
    for (const key of ['s?:@1:lock:{x}:k', 's?:@2:lock:{x}:k', 'sh:@1:lock:{x}:k'])
      await server.command('SET', key, 'x')
    expect(await shop.keys('*')).toStrictEqual(['k'])
    expect(await shop.deletePattern('*')).toBe(1)
    await shop.set('k', 1)
    expect(await shop.clear()).toBe(1)
    expect(((await server.command('KEYS', '*')) as string[]).sort()).toStrictEqual([
      's?:@2:lock:{x}:k',
      'sh:1:k',
      'sh:@1:lock:{x}:k',
    ])
  })
})

test('flushDb empties the whole database, and no other', async ({ server, make }) => {
  const { one, two } = make({ one: { location: at(server, 1), prefix: 'p' }, two: { location: at(server, 2) } })
  await one.set('k', 1)
  await two.set('k', 1)
  await server.command('SET', 'foreign', 'x')
  await one.flushDb()
  expect(await one.has('k')).toBe(false)
  expect(await two.has('k')).toBe(true)
  expect(await server.command('GET', 'foreign')).toBe('x')
})

async function replicasAreRead(cache: Cache, replicas: readonly LabServer[]): Promise<void> {
  await eventually(async () => (await cache.get('k1'), (await counts(replicas, 'get')).every((calls) => calls > 0)))
}

function counts(servers: readonly LabServer[], command: string): Promise<number[]> {
  return Promise.all(servers.map((server) => callsOf(server, command)))
}
