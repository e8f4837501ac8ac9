import { describe, expect } from 'vitest'
import {
  PrimaryNotFoundError,
  ReadOnlyCacheError,
  ReplicaNotFoundError,
  type Cache,
  type CacheOptions,
} from '../../src/index.js'
import { eventually, type LabGroup, type LabServer } from '../../src/lab/index.js'
import { at, callsOf, test as base, unhedged } from '../support/caches.js'
import { clientsOf } from '../support/leftovers.js'
import { rejection } from '../support/rejection.js'
import { replicasHave } from '../support/replicas-have.js'

/** A primary and its replicas that nobody watches: the locations say who is who. */
const test = base.extend('group', async ({ lab }, { onCleanup }) => {
  const group = await lab.group({ replicas: 2, sentinels: 0 })
  onCleanup(async () => void (await Promise.all(group.nodes.map((node) => node.kill()))))
  return group
})

describe('a list of locations', () => {
  test('sends writes to the primary and reads to the replicas, all of them', async ({ group, make }) => {
    const { cache } = make({ cache: { location: group.location, readYourWrites: 0, ...unhedged } })
    const [primary, ...replicas] = group.nodes as [LabServer, ...LabServer[]]
    await cache.set('k', 1)
    await replicasHave(primary, replicas)
    await replicasAreRead(cache, replicas)
    const before = await callsOf(primary, 'get')
    for (let count = 1; count <= 20; count++) expect(await cache.get('k')).toBe(1)
    expect(await callsOf(primary, 'get')).toBe(before)
    expect(await callsOf(primary, 'set')).toBe(1)
  })

  test('reads from the primary what it wrote itself a moment ago', async ({ group, make }) => {
    const { cache } = make({ cache: { location: group.location, readYourWrites: '1m', ...unhedged } })
    const [primary, ...replicas] = group.nodes as [LabServer, ...LabServer[]]
    await replicasAreRead(cache, replicas)
    const before = await callsOf(primary, 'get')
    await cache.set('k', 1)
    for (let count = 1; count <= 10; count++) expect(await cache.get('k')).toBe(1)
    expect(await callsOf(primary, 'get')).toBe(before + 10)
    await cache.get('other')
    expect(await callsOf(primary, 'get')).toBe(before + 10)
  })

  test('reads tags from the primary that it invalidated itself a moment ago, and values from replicas', async ({
    group,
    make,
  }) => {
    const options = { location: group.location, format: 'framed', ...unhedged } as const
    const { cache, other } = make({ cache: { ...options, readYourWrites: '1m' }, other: options })
    const [primary, ...replicas] = group.nodes as [LabServer, ...LabServer[]]
    await other.set('k', 1, { tags: ['a'] })
    await replicasHave(primary, replicas)
    await replicasAreRead(cache, replicas)
    const readsOfPrimary = async (): Promise<number> =>
      (await callsOf(primary, 'get')) + (await callsOf(primary, 'mget'))
    const before = await readsOfPrimary()
    for (let count = 1; count <= 10; count++) expect(await cache.get('k')).toBe(1)
    expect(await readsOfPrimary()).toBe(before)
    await cache.invalidateTags(['a'])
    const invalidated = await readsOfPrimary()
    for (let count = 1; count <= 10; count++) expect(await cache.get('k')).toBeUndefined()
    expect(await readsOfPrimary()).toBe(invalidated + 10)
  })

  test('reads one primary and one replica by their roles, in any order', async ({ group, make }) => {
    const [primary, replica] = group.nodes as [LabServer, LabServer]
    const location = [`${at(replica)}?is_master=0`, `${at(primary)}?is_master=1`]
    const { cache } = make({ cache: { location, readYourWrites: 0 } })
    expect(cache.topology()).toMatchObject({ primary: primary.address, replicas: [replica.address], sentinels: [] })
    await cache.set('k', 1)
    expect(await callsOf(primary, 'set')).toBe(1)
    await replicasAreRead(cache, [replica])
  })

  test('without replicas is read from the primary, and from replicas again when they are back', async ({
    group,
    make,
  }) => {
    const { cache } = make({ cache: { location: group.location, readYourWrites: 0 } })
    const [primary, ...replicas] = group.nodes as [LabServer, ...LabServer[]]
    await cache.set('k', 1)
    await replicasHave(primary, replicas)
    await Promise.all(replicas.map((replica) => replica.kill()))
    expect(await cache.get('k')).toBe(1)
    expect(await callsOf(primary, 'get')).toBe(1)
    await replicas[0]?.start()
    await replicasAreRead(cache, replicas.slice(0, 1))
  })

  test('is read from a replica that answers again, also by a read that only the primary could be asked', async ({
    group,
    make,
  }) => {
    const { cache } = make({ cache: { location: group.location, readYourWrites: 0 } })
    const [primary, ...replicas] = group.nodes as [LabServer, ...LabServer[]]
    await cache.set('k', 1)
    await replicasHave(primary, replicas)
    await replicasAreRead(cache, replicas)
    for (const replica of replicas) replica.pause()
    await eventually(() => cache.topology().nodes.every(({ role, state }) => (state === 'up') === (role === 'primary')))
    expect(await cache.get('k')).toBe(1)
    primary.pause()
    const read = cache.get('k', { deadline: '10s' })
    for (const replica of replicas) replica.resume()
    expect(await read).toBe(1)
  })

  test('without its primary is read, and writes wait for it', async ({ group, make }) => {
    const { cache } = make({ cache: { location: group.location, readYourWrites: 0 } })
    const [primary] = group.nodes as [LabServer]
    await cache.set('k', 1)
    await replicasHave(primary, group.nodes)
    await primary.kill()
    expect(await cache.get('k')).toBe(1)
    const { error } = await rejection(cache.set('k', 2, { deadline: '50ms' }))
    expect(error).toBeInstanceOf(PrimaryNotFoundError)
    const waiting = cache.set('k', 2)
    await primary.start()
    expect(await waiting).toBe(true)
  })

  test('connects to replicas when they are first read', async ({ group, make }) => {
    const { cache } = make({ cache: { location: group.location, clientName: 'lazy', readYourWrites: '1m' } })
    await cache.set('k', 1)
    expect(await named(group, 'lazy')).toStrictEqual([1, 0, 0])
    await cache.get('other')
    await eventually(async () => (await named(group, 'lazy')).join() === '1,1,1')
  })
})

describe('readFrom', () => {
  test.for<[readFrom: NonNullable<CacheOptions['readFrom']>, primaryReads: boolean, replicaReads: boolean]>([
    ['primary', true, false],
    ['primaryPreferred', true, false],
    ['replica', false, true],
    ['replicaPreferred', false, true],
    ['any', true, true],
  ])('%s: the primary is read: %s, replicas: %s', async ([readFrom, primaryReads, replicaReads], { group, make }) => {
    const { cache } = make({ cache: { location: group.location, readFrom, ...unhedged } })
    const [primary, ...replicas] = group.nodes as [LabServer, ...LabServer[]]
    const counts = async (): Promise<readonly [number, number]> => {
      await Promise.all(Array.from({ length: 20 }, (_, index) => cache.has(`never written ${index}`)))
      const [onPrimary, ...onReplicas] = await Promise.all(
        [primary, ...replicas].map((node) => callsOf(node, 'exists')),
      )
      return [onPrimary ?? 0, onReplicas.reduce((sum, calls) => sum + calls, 0)]
    }
    await eventually(async () => {
      const [onPrimary, onReplicas] = await counts()
      return (!primaryReads || onPrimary > 0) && (!replicaReads || onReplicas > 0)
    })
    const before = await counts()
    const after = await counts()
    expect([after[0] > before[0], after[1] > before[1]]).toStrictEqual([primaryReads, replicaReads])
  })

  test('of a call wins over that of the cache', async ({ group, make }) => {
    const { cache } = make({ cache: { location: group.location } })
    const [primary] = group.nodes as [LabServer]
    await cache.get('k', { readFrom: 'primary' })
    expect(await callsOf(primary, 'get')).toBe(1)
  })

  test('a function that chooses none is what the error names', async ({ group, make }) => {
    const { cache } = make({ cache: { location: group.location } })
    expect(await cache.get('k', { readFrom: 'primary' })).toBeUndefined()
    const { error } = await rejection(cache.get('k', { readFrom: () => undefined, deadline: '100ms' }))
    expect(String(error)).toMatch(/primary \S+ is up.*readFrom chose none/)
  })

  test('replica without replicas is a ReplicaNotFoundError; primary without the primary a PrimaryNotFoundError', async ({
    group,
    make,
  }) => {
    const { cache } = make({ cache: { location: group.location, readDeadline: '100ms' } })
    const [primary, ...replicas] = group.nodes as [LabServer, ...LabServer[]]
    await Promise.all(replicas.map((replica) => replica.kill()))
    expect((await rejection(cache.get('k', { readFrom: 'replica' }))).error).toBeInstanceOf(ReplicaNotFoundError)
    expect(await cache.get('k', { deadline: '5s' })).toBeUndefined()
    await primary.kill()
    await replicas[0]?.start()
    expect((await rejection(cache.get('k', { readFrom: 'primary' }))).error).toBeInstanceOf(PrimaryNotFoundError)
    expect(await cache.get('k', { readFrom: 'primaryPreferred', deadline: '5s' })).toBeUndefined()
  })
})

describe('a cache on replicas only', () => {
  test('reads, and refuses each write with an error that says where to write', async ({ group, make }) => {
    const [primary, replica] = group.nodes as [LabServer, LabServer]
    const { cache } = make({ cache: { location: `${at(replica)}?is_master=0` } })
    await primary.command('SET', ':1:k', '{"a":1}')
    await primary.command('WAIT', 2, 5_000)
    expect(await cache.get('k')).toStrictEqual({ a: 1 })
    expect(await cache.has('k')).toBe(true)
    for (const write of [
      cache.set('k', 1),
      cache.setMany({ k: 1 }),
      cache.add('new', 1),
      cache.delete('k'),
      cache.touch('k'),
      cache.incr('n', 1, { create: true }),
      cache.clear(),
    ]) {
      const { error } = await rejection(write)
      expect(error).toBeInstanceOf(ReadOnlyCacheError)
      expect(error).toMatchObject({
        code: 'E_READ_ONLY',
        message: expect.stringMatching(/caches\.cache\.location names replicas only; write through/) as string,
      })
    }
    expect(await primary.command('GET', ':1:k')).toBe('{"a":1}')
  })
})

/** Resolves when each of them has answered a read; the first ones may go to the primary, while they are connected. */
async function replicasAreRead(cache: Cache, replicas: readonly LabServer[]): Promise<void> {
  await eventually(async () => {
    await Promise.all(Array.from({ length: 20 }, () => cache.has('warm')))
    return (await Promise.all(replicas.map((replica) => callsOf(replica, 'exists')))).every((calls) => calls > 0)
  })
}

/** How many connections of this name each node has. */
async function named({ nodes }: LabGroup, name: string): Promise<readonly number[]> {
  const clients = await Promise.all(nodes.map(clientsOf))
  return clients.map((lines) => lines.filter((line) => line.includes(` name=${name} `)).length)
}
