import { describe, expect } from 'vitest'
import type { Milliseconds } from '../../src/index.js'
import { test } from '../support/python.js'

/** Every kind of value that JSON has: as Python writes it, and as it is here. */
const values: readonly (readonly [python: string, value: unknown])[] = [
  ['None', null],
  ['True', true],
  ['False', false],
  ["''", ''],
  ["'hi'", 'hi'],
  ["'12'", '12'],
  ["'1e5'", '1e5'],
  ["'naïve ключ 😀 \\x7f \\x00'", 'naïve ключ 😀 \x7f \x00'],
  ["'long ' * 100", 'long '.repeat(100)],
  ['[]', []],
  ['{}', {}],
  ["[1, 2.5, 'x', None, [True]]", [1, 2.5, 'x', null, [true]]],
  ["{'a': {'b': [1, {'c': None}]}, 'é': 'ü', '': 0}", { a: { b: [1, { c: null }] }, é: 'ü', '': 0 }],
  ["[{'id': n, 'name': f'user {n}'} for n in range(200)]", users(200)],
]

/** What Django's JSON makes of Python's other types: it is not given back there either. */
const flattened: readonly (readonly [python: string, value: unknown])[] = [
  ["(1, ('a',))", [1, ['a']]],
  ["{1: 'a', None: 'b'}", { 1: 'a', null: 'b' }],
  ['datetime.datetime(2024, 1, 2, 3, 4, 5, 678901, tzinfo=datetime.timezone.utc)', '2024-01-02T03:04:05.678Z'],
  ['datetime.date(2024, 1, 2)', '2024-01-02'],
  ['datetime.timedelta(days=1, seconds=2)', 'P1DT00H00M02S'],
  ["Decimal('1.10')", '1.10'],
  ["UUID('12345678-1234-5678-1234-567812345678')", '12345678-1234-5678-1234-567812345678'],
  ["mark_safe('<b>')", '<b>'],
]

/** Bare numbers: as Python writes them, and as they are here. */
const numbers: readonly (readonly [python: string, value: number | bigint])[] = [
  ['0', 0],
  ['7', 7],
  ['2**53 - 1', Number.MAX_SAFE_INTEGER],
  ['2**53', 2n ** 53n],
  ['2**64', 2n ** 64n],
  ['1.5', 1.5],
  ['-1.5', -1.5],
  ['0.1', 0.1],
  ['1e-07', 1e-7],
  ['1e+16', 1e16],
  ['1.7976931348623157e+308', Number.MAX_VALUE],
  ['-0.0', -0],
]

describe('JSON values', () => {
  test.for(values)('%s written by Python is read here', async ([code, value], { python, cache }) => {
    await python(`cache().set('k', ${code})`)
    expect(await cache.get('k')).toStrictEqual(value)
  })

  test.for(values)('%s written here is read by Python', async ([code, value], { python, cache }) => {
    await cache.set('k', value)
    expect(await python(`cache().get('k')`)).toBe(await python(code))
  })

  test.for(flattened)('%s of Python is read here as JSON has it', async ([code, value], { python, cache }) => {
    await python(`cache().set('k', ${code})`)
    expect(await cache.get('k')).toStrictEqual(value)
  })

  test('a Date is its ISO text for both', async ({ python, cache }) => {
    await cache.set('k', new Date(Date.UTC(2024, 0, 2, 3, 4, 5, 678)))
    expect(await python(`cache().get('k')`)).toBe("'2024-01-02T03:04:05.678Z'")
  })

  test('many of one round trip are those of Python', async ({ python, cache }) => {
    await python(`[cache().set(f'k{n}', {'n': n}) for n in range(5)]`)
    const keys = ['k4', 'missing', 'k0']
    expect(await cache.getMany(keys)).toStrictEqual(new Map([['k4', { n: 4 }], ['k0', { n: 0 }]])) // prettier-ignore
    await cache.setMany({ a: 'A', b: null })
    expect(await python(`cache().get_many(['a', 'b', 'c'])`)).toBe("{'a': 'A', 'b': None}")
  })
})

describe('bare numbers', () => {
  test.for(numbers)('%s written by Python is read here', async ([code, value], { python, cache }) => {
    await python(`cache().set('k', ${code})`)
    expect(await cache.get('k')).toBe(value)
  })

  test.for(numbers)('%s written here has the bytes of Python', async ([code, value], { python, cache }) => {
    await cache.set('k', value)
    expect(await python(`cache().raw('k')`)).toBe(await python(`repr(${code}).encode()`))
    expect(await python(`cache().get('k')`)).toBe(await python(code))
  })

  test('3.0 of Python is 3 here, and 3 of ours an int there', async ({ python, cache }) => {
    await python(`cache().set('k', 3.0)`)
    expect(await cache.get('k')).toBe(3)
    await cache.set('k', 3.0)
    expect(await python(`cache().get('k')`)).toBe('3')
  })

  test('a negative int is one here; django-valkey itself reads it as a float', async ({ python, cache }) => {
    await python(`cache().set('k', -5)`)
    expect(await cache.get('k')).toBe(-5)
    await cache.set('k', -5)
    expect(await python(`cache().raw('k')`)).toBe("b'-5'")
    expect(await python(`cache().get('k')`)).toBe('-5.0')
  })

  test.for(['nan', 'inf', '-inf'])(
    '%s of Python is read, though never written here',
    async (name, { python, cache }) => {
      await python(`cache().set('k', float('${name}'))`)
      expect(await cache.get('k')).toBe(Number(name.replace('inf', 'Infinity')))
      await expect(cache.set('k', Infinity)).rejects.toMatchObject({ code: 'E_CODEC' })
    },
  )
})

describe('counters', () => {
  test('are one for both', async ({ python, cache }) => {
    await python(`cache().set('visits', 40)`)
    expect(await cache.incr('visits')).toBe(41)
    expect(await python(`cache().incr('visits', 2)`)).toBe('43')
    expect(await cache.decr('visits', 3)).toBe(40)
    expect(await cache.get('visits')).toBe(40)
    expect(await python(`cache().get('visits')`)).toBe('40')
  })

  test('take fractions', async ({ python, cache }) => {
    await python(`cache().set('n', 40)`)
    expect(await cache.incr('n', 0.5)).toBe(40.5)
    expect(await python(`cache().get('n')`)).toBe('40.5')
  })

  test('go on past 2^53, where only the reply to Python is rounded', async ({ python, cache }) => {
    await cache.set('n', 2n ** 53n)
    expect(await python(`cache().incr('n')`)).toBe('9007199254740992')
    expect(await python(`cache().get('n')`)).toBe('9007199254740993')
    expect(await cache.incr('n')).toBe(2n ** 53n + 2n)
  })

  test('lose no step when both count at once', async ({ python, cache }) => {
    await cache.set('n', 0)
    const ours = Array.from({ length: 500 }, () => cache.incr('n'))
    await Promise.all([python(`[cache().incr('n') for _ in range(500)][-1]`), ...ours])
    expect(await cache.get('n')).toBe(1_000)
  })

  test('that are not there are created by neither', async ({ python, cache }) => {
    expect(await python(`cache().incr('n')`)).toBe('None')
    await expect(cache.incr('n')).rejects.toMatchObject({ code: 'E_KEY_NOT_FOUND' })
  })
})

describe('times', () => {
  test('are seconds there and milliseconds here', async ({ python, cache }) => {
    await python(`cache().set('k', 1, timeout=90)`)
    expectAbout(await cache.ttl('k'), 90_000)
    await cache.set('k', 1, { ttl: '2m' })
    expectAbout(Number(await python(`cache().pttl('k')`)), 120_000)
  })

  test('None there and null here are for ever', async ({ python, cache }) => {
    await python(`cache().set('k', 1, timeout=None)`)
    expect(await cache.ttl('k')).toBeNull()
    await cache.set('k', 1, { ttl: null })
    expect(await python(`cache().pttl('k')`)).toBe('-1')
  })

  test('both keep for 5 minutes by default', async ({ python, cache }) => {
    await python(`cache().set('k', 1)`)
    expectAbout(await cache.ttl('k'), 300_000)
    await cache.set('k', 1)
    expectAbout(Number(await python(`cache().pttl('k')`)), 300_000)
  })
})

function users(count: number): unknown[] {
  return Array.from({ length: count }, (_, id) => ({ id, name: `user ${id}` }))
}

/** It is what was asked for, less the moment that has passed since. */
function expectAbout(left: unknown, asked: Milliseconds): void {
  expect(left).toBeLessThanOrEqual(asked)
  expect(left).toBeGreaterThan(asked - 5_000)
}
