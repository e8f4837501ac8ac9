import { expect } from 'vitest'
import type { Cache, CacheOptions } from '../../src/index.js'
import { ConnectionError } from '../../src/index.js'
import { eventually } from '../../src/lab/index.js'
import { failing, test as base } from '../support/switched-caches.js'

const framed: CacheOptions = { format: 'framed', grace: '1h' }
const test = base.extend('cache', ({ open }) => open(framed))

/** Whether the invalidation of a tag has run: a value that is written after that is valid. */
async function hasRun(cache: Cache, tag: string): Promise<boolean> {
  await cache.set('probe', 1, { tags: [tag] })
  return (await cache.get('probe')) === 1
}

test('an invalidation in an outage is kept, and until it has run its values are invalid here', async ({
  cache,
  client,
}) => {
  await cache.setMany({ k: 'old', l: 'old' }, { tags: ['a', 'b'] })
  await cache.set('other', 'valid', { tags: ['c'] })
  const error = await failing(client, () => cache.invalidateTags(['a', 'b']))
  expect(error).toMatchObject({ code: 'E_CONNECTION', kept: true })
  expect(await cache.get('k')).toBeUndefined()
  expect(await cache.get('k', { stale: true, tags: ['a'] })).toBeUndefined()
  expect([...(await cache.getMany(['k', 'other', 'l'])).values()]).toStrictEqual(['valid'])
  expect(await cache.has('l')).toBe(false)
  expect(await cache.getOrSet('k', () => 'new', { tags: ['b'] })).toBe('new')
  await eventually(() => hasRun(cache, 'a'))
  await eventually(() => hasRun(cache, 'b'))
  expect(await cache.getMany(['l'])).toStrictEqual(new Map())
  expect(await cache.get('other')).toBe('valid')
})

test('a soft one that is kept makes values stale, and none that is kept is weakened by a later one', async ({
  cache,
  client,
}) => {
  await cache.setMany({ k: 'old' }, { tags: ['a'] })
  await failing(client, () => cache.invalidateTags(['a'], { soft: true }))
  expect([await cache.get('k'), await cache.get('k', { stale: true })]).toStrictEqual([undefined, 'old'])
  await failing(client, () => cache.invalidateTags(['a']))
  expect(await cache.get('k', { stale: true })).toBeUndefined()
  await failing(client, () => cache.invalidateTags(['a'], { soft: '1h' }))
  expect(await cache.get('k', { stale: true })).toBeUndefined()
  await eventually(() => hasRun(cache, 'a'))
  expect(await cache.get('k', { stale: true })).toBeUndefined()
})

test('of several tags those are kept that could not be invalidated', async ({ cache, client }) => {
  await cache.setMany({ k: 1, l: 1 }, { tags: (value) => [`tag ${String(value)}`] })
  await cache.set('m', 1, { tags: ['away'] })
  client.gate = async ({ name, keys }) => {
    if (name === 'INVALIDATE' && keys.some((key) => key.endsWith(':away'))) throw new ConnectionError('away', 'is off')
  }
  await expect(cache.invalidateTags(['tag 1', 'away'])).rejects.toMatchObject({ code: 'E_CONNECTION', kept: true })
  expect(await cache.getMany(['k', 'l', 'm'])).toStrictEqual(new Map())
  expect(await hasRun(cache, 'tag 1')).toBe(true)
  expect(await hasRun(cache, 'away')).toBe(false)
  client.gate = () => undefined
  await eventually(() => hasRun(cache, 'away'))
})

test('without recovery none is kept', async ({ open, client }) => {
  const cache = open({ ...framed, recovery: false })
  await cache.set('k', 'old', { tags: ['a'] })
  expect(await failing(client, () => cache.invalidateTags(['a']))).toMatchObject({ kept: false })
  expect(await cache.get('k')).toBe('old')
})
