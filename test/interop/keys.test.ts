import { describe, expect } from 'vitest'
import type { Cache } from '../../src/index.js'
import { at } from '../support/caches.js'
import { test as base } from '../support/python.js'

/** Prefixes that each side must keep apart, and that patterns must take literally. */
const prefixes = ['', 'shop', 'a:b', 'sh*p', 's?o[p]', 'ключ']

const keys = ['k', 'user:1', 'with space', 'line\nbreak', 'ключ 😀', '*', '[a]', 'x'.repeat(1_000)]

const test = base.extend('shop', ({ server, make }): Cache => {
  return make({ shop: { location: at(server), prefix: 'shop', version: 2 } }).shop
})

test.for(keys)('the key %j is the same for both', async (key, { python, shop }) => {
  const code = JSON.stringify(key)
  expect(await python(`cache(prefix='shop', version=2).make_key(${code})`)).toBe(
    await python(JSON.stringify(shop.makeKey(key))),
  )
  await python(`cache(prefix='shop', version=2).set(${code}, 'there')`)
  expect(await shop.get(key)).toBe('there')
  await shop.set(key, 'here')
  expect(await python(`cache(prefix='shop', version=2).get(${code})`)).toBe("'here'")
})

test('the key 7 is the text 7 for both', async ({ python, shop }) => {
  await python(`cache(prefix='shop', version=2).set(7, 'seven')`)
  expect(await shop.get(7)).toBe('seven')
  expect(await shop.get('7')).toBe('seven')
})

test('another version or prefix is another cache for both', async ({ python, shop, cache }) => {
  await python(`cache(prefix='shop', version=2).set('k', 2), cache(prefix='shop', version=3).set('k', 3)`)
  await python(`cache().set('k', 'no prefix'), cache(prefix='shop').set('k', 1)`)
  expect(await shop.get('k')).toBe(2)
  expect(await shop.get('k', { version: 3 })).toBe(3)
  expect(await shop.get('k', { version: 1 })).toBe(1)
  expect(await cache.get('k')).toBe('no prefix')
  await shop.set('k', 'zero', { version: 0 })
  expect(await python(`cache(prefix='shop').get('k', version=0)`)).toBe("'zero'")
})

describe.for(prefixes)('under the prefix %j', (prefix) => {
  const code = JSON.stringify(prefix)
  /** What stands beside the cache and must not be touched by it. */
  const beside = ['other:1:k', `${prefix}:2:k`, `x${prefix}:1:k`, 'shop:1:k', 'shoop:1:k', ':1:k'].filter(
    (key) => !key.startsWith(`${prefix}:1:`),
  )

  test('clear removes what Python wrote, and nothing else', async ({ python, server, make }) => {
    const { cache } = make({ cache: { location: at(server), prefix } })
    for (const key of beside) await server.command('SET', key, '1')
    await python(`[cache(prefix=${code}).set(f'k{n}', n) for n in range(20)]`)
    expect(await cache.clear()).toBe(20)
    expect(await everyKey(server)).toStrictEqual(beside.toSorted())
  })

  test('delete_pattern of Python removes what was written here', async ({ python, server, make }) => {
    const { cache } = make({ cache: { location: at(server), prefix } })
    await cache.setMany({ 'user:1': 1, 'user:2': 2, other: 3 })
    expect(await python(`cache(prefix=${code}).delete_pattern('user:*')`)).toBe('2')
    expect(await python(`cache(prefix=${code}).client.keys('*')`)).toBe(
      await python(`[${JSON.stringify(cache.makeKey('other'))}.encode()]`),
    )
  })
})

async function everyKey(server: { command(...args: string[]): Promise<unknown> }): Promise<string[]> {
  return ((await server.command('KEYS', '*')) as string[]).toSorted()
}
