import { createStorage, prefixStorage, type Driver, type Storage } from 'unstorage'
import memoryDriver from 'unstorage/drivers/memory'
import { expect } from 'vitest'
import { unstorageDriver } from '../src/adapters/unstorage.js'
import { at, test } from '../test/support/caches.js'
import { rejection } from '../test/support/rejection.js'
import { unusable } from './support/unusable.js'

/** The contract of a driver, for ours and for the memory driver of unstorage. */
const drivers = ['valkey-cache', 'memory', 'valkey-cache, raw'] as const
const contract = test.extend('storageOf', ({ cache, server, make }) => (name: (typeof drivers)[number]): Storage => {
  if (name === 'memory') return createStorage({ driver: memoryDriver() })
  const { raw } = make({ raw: { location: at(server), serializer: 'raw', prefix: 'raw' } })
  return createStorage({ driver: unstorageDriver(name === 'valkey-cache' ? cache : raw) })
})

contract.for(drivers)('%s: values come back as unstorage reads them', async (name, { storageOf }) => {
  const storage = storageOf(name)
  const values = {
    object: { a: [1, null] },
    text: 'text',
    number: 12.5,
    yes: true,
    none: null,
    empty: '',
    digits: '007',
  }
  for (const [key, value] of Object.entries(values)) await storage.setItem(`type:${key}`, value)
  const read = await Promise.all(Object.keys(values).map((key) => storage.getItem(`type:${key}`)))
  expect(read).toEqual(Object.values(values))
  expect(await storage.getItem('type:other')).toBe(null)
  await storage.setItem('date', new Date(0))
  expect(await storage.getItem('date')).toBe('1970-01-01T00:00:00.000Z')
  await storage.setItem('text', 'ünï:\n')
  expect(await storage.getItem('text')).toBe('ünï:\n')
})

contract.for(drivers)('%s: items are there, and are removed', async (name, { storageOf }) => {
  const storage = storageOf(name)
  await storage.setItem('a/b', 1)
  expect([await storage.has('a:b'), await storage.has('a'), await storage.hasItem('a:c')]).toEqual([true, false, false])
  await storage.removeItem('a:b')
  await storage.removeItem('a:b')
  expect(await storage.has('a:b')).toBe(false)
  await storage.setItem('gone', 1)
  await storage.setItem('gone', undefined as never)
  expect(await storage.has('gone')).toBe(false)
})

contract.for(drivers)('%s: many items at once', async (name, { storageOf }) => {
  const storage = storageOf(name)
  await storage.setItems([
    { key: 'a', value: 1 as never },
    { key: 'n:b', value: { b: 2 } as never },
  ])
  const found = await storage.getItems(['a', { key: 'n:b' }, 'none'])
  expect(found.sort((one, other) => (one.key < other.key ? -1 : 1))).toEqual([
    { key: 'a', value: 1 },
    { key: 'n:b', value: { b: 2 } },
    { key: 'none', value: null },
  ])
})

contract.for(drivers)('%s: bytes', async (name, { storageOf }) => {
  const storage = storageOf(name)
  const bytes = Buffer.from([0, 1, 254, 255])
  await storage.setItemRaw('bytes', bytes)
  expect(Buffer.from((await storage.getItemRaw('bytes')) as Buffer)).toEqual(bytes)
  expect((await storage.getItemRaw('none')) ?? null).toBe(null)
})

contract.for(drivers)('%s: keys below a base, on any mount', async (name, { storageOf }) => {
  const storage = createStorage({ driver: memoryDriver() })
  storage.mount('m', (storageOf(name) as unknown as { getMount(key: string): { driver: Driver } }).getMount('').driver)
  for (const key of ['m:a', 'm:a:b', 'm:a:b:c', 'm:ab:d', 'm:[a]:e', 'other:f']) await storage.setItem(key, 1)
  expect((await storage.getKeys()).sort()).toEqual(['m:[a]:e', 'm:a', 'm:a:b', 'm:a:b:c', 'm:ab:d', 'other:f'])
  expect((await storage.getKeys('m:a')).sort()).toEqual(['m:a:b', 'm:a:b:c'])
  expect(await storage.getKeys('m:[a]')).toEqual(['m:[a]:e'])
  expect(await storage.getKeys('m', { maxDepth: 1 })).toEqual(['m:a'])
  expect(await prefixStorage(storage, 'm:a').getItem('b')).toBe(1)
  await storage.clear('m')
  expect((await storage.getKeys()).sort()).toEqual(['other:f'])
})

contract.for(drivers)('%s: what is beside an item', async (name, { storageOf }) => {
  const storage = storageOf(name)
  await storage.setItem('a', 1)
  await storage.setMeta('a', { owner: 'Ada' })
  expect(await storage.getMeta('a')).toMatchObject({ owner: 'Ada' })
  expect(await storage.getKeys()).toEqual(['a'])
  await storage.removeItem('a', { removeMeta: true })
  expect(await storage.getMeta('a')).not.toHaveProperty('owner')
})

test('a ttl is in seconds and 0 is for ever; without one the driver says', async ({ cache }) => {
  const usual = createStorage({ driver: unstorageDriver(cache, { ttl: '1h' }) })
  const storage = createStorage({ driver: unstorageDriver(cache) })
  await storage.setItem('for ever', 1)
  await storage.setItem('short', 1, { ttl: 60.5 })
  await usual.setItem('usual', 1)
  await usual.setItem('never', 1, { ttl: 0 })
  await usual.setItem('none', 1, { ttl: null })
  expect([await cache.ttl('for ever'), await cache.ttl('never')]).toEqual([null, null])
  expect(await cache.ttl('short')).toBeLessThanOrEqual(60_500)
  expect(await cache.ttl('usual')).toBeGreaterThan(60_500)
  expect(await cache.ttl('none')).toBeGreaterThan(60_500)
})

test('errors reach the caller, with their code', async ({ ownServer, make }) => {
  const { cache } = make({ cache: { location: at(ownServer), failSafe: true, readDeadline: 500 } })
  const storage = createStorage({ driver: unstorageDriver(cache) })
  const refused = await rejection(storage.setItem('a', 1, { ttl: Number.NaN }))
  expect(refused.error).toMatchObject({ code: 'E_CONFIG' })
  ownServer.pause()
  expect((await rejection(storage.getItem('a'))).error).toMatchObject({ code: unusable })
  expect((await rejection(storage.getKeys())).error).toMatchObject({ code: unusable })
  await cache.close()
  expect((await rejection(storage.getItem('a'))).error).toMatchObject({ code: 'E_CLOSED' })
})
