import { expect } from 'vitest'
import { slotOf } from '../../src/keys/slot.js'
import { CacheError, type Cache, type CacheOptions } from '../../src/index.js'
import { eventually, type LabServer } from '../../src/lab/index.js'
import { at, test, under, type MakeCaches } from '../support/caches.js'
import { flushesOf, held, nearStats, seenForGood } from '../support/near.js'

const near = { prefix: 'app', near: true } as const

test('a connection that is cut: what was written in the gap is seen, once the next read is answered', async ({
  far,
  make,
}) => {
  const { cache } = make({ cache: { location: at(far), ...near } })
  await cache.setMany({ a: 1, b: 1 })
  for (const key of ['a', 'b']) await held(cache, key)
  far.proxy.cut()
  await far.command('SET', 'app:1:a', '2')
  await eventually(() => nearStats(cache).entries === 0)
  far.proxy.heal()
  expect(await seenForGood(cache, 'a', 2)).toStrictEqual([2])
  expect(await seenForGood(cache, 'b', 1)).toStrictEqual([1])
  expect(nearStats(cache).flushes.connection).toBeGreaterThanOrEqual(1)
})

test('a connection that leads nowhere: copies are dropped as soon as the server is found silent', async ({
  far,
  make,
}) => {
  const cache = await holding(make, { location: at(far) })
  far.proxy.blackhole()
  await far.command('SET', 'app:1:a', '2')
  await eventually(() => nearStats(cache).entries === 0)
  await expect(cache.get('a', { deadline: 50 })).rejects.toBeInstanceOf(CacheError)
  far.proxy.heal()
  expect(await seenForGood(cache, 'a', 2)).toStrictEqual([2])
})

test('a connection that leads nowhere is noticed for a user as well who may not ask for the role', async ({
  far,
  make,
}) => {
  await far.command('ACL', 'SETUSER', 'app', 'on', '>secret', '~*', '&*', '+@all', '-role')
  const cache = await holding(make, { location: at(far), username: 'app', password: 'secret' })
  far.proxy.blackhole()
  await eventually(() => nearStats(cache).entries === 0)
  far.proxy.heal()
})

test('a connection that is killed, and a server that is emptied, take along what they covered', async ({
  server,
  make,
}) => {
  const cache = await holding(make, { location: at(server) })
  await server.command('FLUSHALL')
  await eventually(async () => (await cache.get('a')) === undefined)
  expect(nearStats(cache).flushes.server).toBe(1)
  for (const value of [1, 2, 3]) {
    await cache.set('a', value)
    await held(cache, 'a')
    const flushes = flushesOf(cache)
    await server.command('CLIENT', 'KILL', 'TYPE', 'normal', 'SKIPME', 'yes')
    await server.command('SET', 'app:1:a', String(-value))
    await eventually(() => flushesOf(cache) > flushes)
    expect(await seenForGood(cache, 'a', -value)).toStrictEqual([-value])
  }
})

test('a server that remembers one key at a time announces those that it forgets', async ({ ownServer, make }) => {
  await ownServer.command('CONFIG', 'SET', 'tracking-table-max-keys', '1')
  const { cache } = make({ cache: { location: at(ownServer), prefix: 'app', near: { mode: 'default' } } })
  const keys = Array.from({ length: 20 }, (_, n) => `k:${n}`)
  await cache.setMany(keys.map((key) => [key, 1] as const))
  for (let round = 0; round < 5; round++) await cache.getMany(keys)
  await ownServer.command('MSET', ...keys.flatMap((key) => [cache.makeKey(key), '2']))
  await eventually(async () => [...(await cache.getMany(keys)).values()].every((value) => value === 2))
  expect(new Set((await cache.getMany(keys)).values())).toStrictEqual(new Set([2]))
})

test.for(['kill', 'pause'] as const)(
  'a primary that is replaced (%s): what the new one has is seen',
  async (fault, { lab, make }) => {
    const group = await lab.group({ replicas: 2 })
    const { primaries, replicas } = make(
      { primaries: { readFrom: 'primary' }, replicas: { readFrom: 'replicaPreferred' } },
      under(group, near),
    )
    const plain = make({ plain: under(group, { prefix: 'app' }) }).plain
    await plain.set('a', 1)
    for (const cache of [primaries, replicas]) {
      await eventually(async () => (await cache.get('a')) === 1)
      await held(cache, 'a')
    }
    const old = await group.primary()
    await old[fault]()
    await eventually(() => plain.set('a', 2), { timeout: 20_000 })
    for (const cache of [primaries, replicas]) expect(await seenForGood(cache, 'a', 2)).toStrictEqual([2])
    expect(nearStats(primaries).flushes.connection).toBeGreaterThanOrEqual(1)
  },
)

test('a planned failover, and a replica that is killed: no copy outlives what announced it', async ({ lab, make }) => {
  const group = await lab.group({ replicas: 1, config: { 'min-replicas-to-write': '0' } })
  const { cache } = make({ cache: under(group, near) })
  const plain = make({ plain: under(group, { prefix: 'app' }) }).plain
  await plain.set('a', 1)
  await eventually(async () => (await cache.get('a')) === 1)
  await held(cache, 'a')
  await group.failover()
  await eventually(() => plain.set('a', 2))
  expect(await seenForGood(cache, 'a', 2)).toStrictEqual([2])
  const [replica] = await group.replicas()
  await replica?.kill()
  await plain.set('a', 3)
  expect(await seenForGood(cache, 'a', 3)).toStrictEqual([3])
})

test('a replica that falls behind by more than maxLag takes along what was read from it', async ({ lab, make }) => {
  const group = await lab.group({ replicas: 1, steady: false, proxied: true })
  const [primary, late] = group.nodes as [LabServer, LabServer]
  const { cache } = make({ cache: under(group, { ...near, maxLag: '1s', readFrom: 'replicaPreferred' }) })
  const key = cache.makeKey('a')
  await primary.command('SET', key, '1')
  await eventually(async () => {
    await cache.get('a')
    return cache.topology().nodes.some(({ role, lag }) => role === 'replica' && lag === 0)
  })
  primary.proxy.blackhole({ from: late })
  const { invalidations } = nearStats(cache)
  await held(cache, 'a')
  await primary.command('SET', key, '2')
  await eventually(() => nearStats(cache).invalidations > invalidations)
  // The primary has announced its change: what is held from now on came from the replica, which does not know.
  await held(cache, 'a')
  await eventually(async () => {
    await primary.command('SET', 'other', 'x')
    return (await cache.get('a')) === 2
  })
})

test('what is deleted or invalidated in an outage is not served from memory, by any cache of the process', async ({
  lab,
  make,
}) => {
  const group = await lab.group({ replicas: 1, downAfter: 20_000 })
  const { writer, reader } = make(
    { writer: { prefix: 'app', onError: () => {} }, reader: { ...near, readFrom: 'replicaPreferred' } },
    under(group, { format: 'framed' }),
  )
  await writer.setMany({ deleted: 'old', beside: 'there' })
  await writer.set('tagged', 'old', { tags: ['t'] })
  for (const key of ['deleted', 'tagged', 'beside']) {
    await eventually(async () => (await reader.get(key)) !== undefined)
    await held(reader, key)
  }
  const primary = await group.primary()
  primary.pause()
  for (const write of [writer.delete('deleted', { deadline: 200 }), writer.invalidateTags(['t'], { deadline: 200 })])
    await expect(write).rejects.toMatchObject({ kept: true })
  const seen = async (): Promise<unknown[]> => {
    const values = await reader.getMany(['deleted', 'tagged', 'beside'])
    return [await reader.get('deleted'), ...values.values()]
  }
  expect(await seen()).toStrictEqual([undefined, 'there'])
  primary.resume()
  await eventually(async () => {
    expect(await seen()).not.toContain('old')
    return (await primary.command('EXISTS', reader.makeKey('deleted'))) === 0
  })
  for (let time = 0; time < 50; time++) expect(await seen()).not.toContain('old')
})

test('slots that move: copies and absences of them are dropped with the first word of the move', async ({
  lab,
  make,
}) => {
  const cluster = await lab.cluster({ replicas: 0 })
  const { cache, plain } = make(
    { cache: near, plain: { prefix: 'app' } },
    { client: 'cluster', location: cluster.locations },
  )
  const [from, to] = (await cluster.primaries()) as [LabServer, LabServer]
  const keys: string[] = []
  for (let n = 0; keys.length < 6; n++)
    if ((await cluster.primaryOf(cache.makeKey(`k:${n}`))) === from) keys.push(`k:${n}`)
  const there = keys.slice(0, 3)
  await plain.setMany(there.map((key) => [key, 1] as const))
  for (const key of keys) await held(cache, key)
  await cluster.reshard({ slots: keys.map((key) => slotOf(cache.makeKey(key))), from, to })
  await plain.setMany(keys.map((key) => [key, 2] as const))
  await eventually(async () => {
    await cache.getMany(keys, { near: false })
    const values = [...(await cache.getMany(keys)).values()]
    return values.length === keys.length && values.every((value) => value === 2)
  })
  expect(new Set((await cache.getMany(keys)).values())).toStrictEqual(new Set([2]))
  expect(nearStats(cache).flushes.slots).toBeGreaterThanOrEqual(1)
})

/** A near cache that holds 1 under `a`. */
async function holding(make: MakeCaches, options: CacheOptions): Promise<Cache> {
  const { cache } = make({ cache: { ...options, ...near } })
  await cache.set('a', 1)
  await held(cache, 'a')
  return cache
}
