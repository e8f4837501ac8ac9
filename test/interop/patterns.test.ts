import { describe, expect } from 'vitest'
import { at } from '../support/caches.js'
import { test } from '../support/python.js'

/** Prefixes that a pattern must take literally. */
const prefixes = ['', 'shop', 'a:b', 'sh*p', 's?o[p]', 'ключ']

const keys = ['user:1', 'user:2', 'user:10', 'User:1', 'users', 'order:1', 'a*b', 'ключ', 'with space', 'line\nbreak']

const patterns: readonly (readonly [pattern: string, found: readonly string[]])[] = [
  ['*', keys],
  ['user:*', ['user:1', 'user:2', 'user:10']],
  ['user:?', ['user:1', 'user:2']],
  ['[uU]ser:1', ['user:1', 'User:1']],
  ['user:[^1]', ['user:2']],
  ['a\\*b', ['a*b']],
  ['кл*', ['ключ']],
  ['none*', []],
]

describe.for(prefixes)('under the prefix %j', (prefix) => {
  const code = JSON.stringify(prefix)

  test.for(patterns)('%j finds the same keys here and there', async ([pattern, found], { python, server, make }) => {
    const { cache } = make({ cache: { location: at(server), prefix } })
    const asked = JSON.stringify(pattern)
    await python(`[cache(prefix=${code}).set(key, 1) for key in ${JSON.stringify(keys)}]`)
    await python(`[cache(prefix='other').set(key, 1) for key in ${JSON.stringify(keys)}]`)
    expect((await cache.keys(pattern)).toSorted()).toStrictEqual(found.toSorted())
    expect(await python(`sorted(cache(prefix=${code}).matching(${asked}))`)).toBe(
      await python(JSON.stringify(found.toSorted((a, b) => (a < b ? -1 : 1)))),
    )
    const walked: string[] = []
    for await (const key of cache.iterKeys(pattern, { batch: 2 })) walked.push(key)
    expect(walked.toSorted()).toStrictEqual(found.toSorted())
    expect(await cache.deletePattern(pattern)).toBe(found.length)
    expect(await python(`len(cache(prefix=${code}).matching('*'))`)).toBe(String(keys.length - found.length))
    expect(await python(`len(cache(prefix='other').matching('*'))`)).toBe(String(keys.length))
  })
})

test('a pattern stays in its version', async ({ python, cache }) => {
  await python(`cache().set('k1', 1), cache(version=2).set('k2', 2), cache(version=12).set('k12', 12)`)
  expect(await cache.keys('*')).toStrictEqual(['k1'])
  expect(await cache.keys('*', { version: 2 })).toStrictEqual(['k2'])
  expect(await cache.deletePattern('*', { version: 2 })).toBe(1)
  expect(await python(`cache(version=12).get('k12'), cache().get('k1')`)).toBe('(12, 1)')
})

test('incrVersion is where Python looks for it', async ({ python, cache }) => {
  await python(`cache().set('k', {'a': 1}, timeout=100)`)
  expect(await cache.incrVersion('k')).toBe(2)
  expect(await python(`cache().get('k'), cache(version=2).get('k')`)).toBe("(None, {'a': 1})")
  expect(Number(await python(`cache(version=2).pttl('k')`))).toBeGreaterThan(90_000)
  await python(`caches['json'].set('k', [1]), caches['json'].incr_version('k')`)
  expect(await python(`caches['json'].get('k', version=3)`)).toBe('[1]')
})
