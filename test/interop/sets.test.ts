import { describe, expect } from 'vitest'
import type { CacheOptions } from '../../src/index.js'
import { at } from '../support/caches.js'
import { test } from '../support/python.js'

/** What may be in a set: as Python writes it, and as it is here. */
const members: readonly (readonly [python: string, member: unknown])[] = [
  ["'red'", 'red'],
  ["'naïve ключ 😀 \\x7f \" \\\\ \\n'", 'naïve ключ 😀 \x7f " \\ \n'],
  ["'long ' * 100", 'long '.repeat(100)],
  ['7', 7],
  ['-7', -7],
  ['2**64', 2n ** 64n],
  ['1.5', 1.5],
  ['1e+16', 1e16],
  ['1e-07', 1e-7],
  ['True', true],
  ['None', null],
]

/** Members that pickle writes by identity as well: JSON alone has one way to write them. */
const nested: readonly (readonly [python: string, member: unknown])[] = [
  ["[1, 1.5, 'a', None, [True]]", [1, 1.5, 'a', null, [true]]],
  ["{'a': 1, 'é': {'b': [0.1, 1e+20]}}", { a: 1, é: { b: [0.1, 1e20] } }],
  ['[]', []],
  ['{}', {}],
]

/** As the Python of the tests names them, and as options here. */
const serializers: readonly (readonly [name: string, options: CacheOptions])[] = [
  ['json', { serializer: 'json' }],
  ['msgpack', { serializer: 'msgpack' }],
  ['pickle', { serializer: 'pickle' }],
  ['pickle5', { serializer: 'pickle', pickleProtocol: 5 }],
]

describe.for(serializers)('members in %s', ([name, options]) => {
  const all = name === 'json' ? [...members, ...nested] : members

  test.for(all)('%s is the same member for both', async ([code, member], { python, server, make }) => {
    const { cache } = make({ cache: { location: at(server), ...options } })
    await python(`c = cache('${name}'); c.sadd('s', ${code})`)
    expect(await cache.sismember('s', member)).toBe(true)
    expect(await cache.sadd('s', [member])).toBe(0)
    expect(await cache.smembers('s')).toStrictEqual([member])
    expect(await cache.srem('s', [member])).toBe(1)
    expect(await cache.sadd('s', [member])).toBe(1)
    expect(await python(`c.sismember('s', ${code})`)).toBe('True')
    expect(await python(`c.sadd('s', ${code})`)).toBe('0')
    expect(await python(`c.srem('s', ${code})`)).toBe('1')
  })

  test('both add to one set', async ({ python, server, make }) => {
    const { cache } = make({ cache: { location: at(server), ...options } })
    await cache.sadd('s', ['a', 'b', 1])
    await python(`cache('${name}').sadd('s', 'b', 'c', 1, 2)`)
    expect(await cache.scard('s')).toBe(5)
    expect(await python(`sorted(map(str, cache('${name}').smembers('s')))`)).toBe("['1', '2', 'a', 'b', 'c']")
    expect((await cache.smembers('s')).map(String).toSorted()).toStrictEqual(['1', '2', 'a', 'b', 'c'])
    expect(await cache.smismember('s', ['a', 'z', 2])).toStrictEqual([true, false, true])
  })
})
