import { describe, expect } from 'vitest'
import { CrossSlotError, type Cache } from '../../src/index.js'
import { test as base } from '../support/caches.js'
import { rejection } from '../support/rejection.js'

const test = base
  .extend('cluster', { scope: 'file' }, ({ lab }) => lab.cluster({ replicas: 0 }))
  .extend('cache', ({ cluster, make }): Cache => {
    return make({ cache: { client: 'cluster', location: cluster.locations, readFrom: 'primary' } }).cache
  })

/** Keys of one slot, and keys of two shards. */
const [together, apart] = [['{cart:7}:lines', '{cart:7}:total'] as const, ['a', 'b'] as const]

type Pair = readonly [string, string]

/** Operations that docs/cluster.md calls those of one slot. */
const oneSlot: readonly (readonly [name: string, run: (cache: Cache, keys: Pair) => Promise<unknown>])[] = [
  ['smove', (cache, [from, to]) => cache.smove(from, to, 1)],
  ['sdiff', (cache, keys) => cache.sdiff(keys)],
  ['sinter', (cache, keys) => cache.sinter(keys)],
  ['sunion', (cache, keys) => cache.sunion(keys)],
  ['sdiffstore', (cache, [one, other]) => cache.sdiffstore(one, [other])],
  ['sinterstore', (cache, [one, other]) => cache.sinterstore(one, [other])],
  ['sunionstore', (cache, [one, other]) => cache.sunionstore(one, [other])],
  ['command', (cache, [one, other]) => cache.command(['SUNION', one, other], { key: [1, 2] })],
  ['use', (cache, keys) => cache.use((connection) => connection.command(['PING']), { key: keys })],
  ['pipeline', (cache, keys) => cache.pipeline((pipeline) => [pipeline.set('x', 1), pipeline.sunion(keys)])],
]

describe.for(oneSlot)('%s', ([, run]) => {
  test('of keys in several slots is an error that says hash tag', async ({ cache }) => {
    const { error } = await rejection(run(cache, apart))
    expect(error).toBeInstanceOf(CrossSlotError)
    expect(error).toMatchObject({ code: 'E_CROSS_SLOT', retryable: false })
    expect(String(error)).toMatch(/lies in slot \d+.*hash tag, as in '\{cart:7\}:lines'/)
  })

  test('of keys with one hash tag runs', async ({ cache }) => {
    await cache.sadd(together[0], [1])
    await expect(run(cache, together)).resolves.not.toThrow()
  })
})

describe('a version', () => {
  test('is part of the key, so moving it needs a hash tag', async ({ cache }) => {
    await cache.setMany({ plain: 1, '{tagged}': 2 })
    expect((await rejection(cache.incrVersion('plain'))).error).toBeInstanceOf(CrossSlotError)
    expect(await cache.get('plain')).toBe(1)
    expect(await cache.incrVersion('{tagged}')).toBe(2)
    expect(await cache.get('{tagged}', { version: 2 })).toBe(2)
  })
})

test('a mistake is no outage: a fail-safe cache says so too', async ({ cluster, make }) => {
  const { safe } = make({ safe: { client: 'cluster', location: cluster.locations, failSafe: true } })
  await expect(safe.sunion(apart)).rejects.toBeInstanceOf(CrossSlotError)
})

test('use leads to the node of its key', async ({ cluster, cache }) => {
  for (const key of ['a', 'b', 'c', 'd']) {
    const made = cache.makeKey(key)
    expect(await cache.use((connection) => connection.address, { key })).toBe((await cluster.primaryOf(made)).address)
  }
})

test('a lock with a fencing number lies in one slot with its number', async ({ cache }) => {
  const lock = cache.lock('index', { ttl: '10s', fence: true })
  await lock.acquire()
  expect(await lock.owned()).toBe(true)
  await lock.release()
})
