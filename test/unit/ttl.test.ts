import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { resolveTtl, type Ttl } from '../../src/cache/ttl.js'
import { ConfigurationError } from '../../src/errors.js'

test.for<[ms: number, ttl: Ttl]>([
  [1, 1],
  [300_000, 300_000],
  [250, '250ms'],
  [30_000, '30s'],
  [600_000, '10m'],
  [3_600_000, '1h'],
  [604_800_000, '7d'],
  [1_500, '1.5s'],
  [0, 0],
  [0, '0s'],
  [-5, -5],
  [-30_000, '-30s'],
  [Number.MAX_SAFE_INTEGER, Number.MAX_SAFE_INTEGER],
])('a ttl of %s ms is what %o says', ([ms, ttl]) => {
  expect(resolveTtl(ttl, 'ttl')).toBe(ms)
})

test('null is for ever', () => {
  expect(resolveTtl(null, 'ttl')).toBeUndefined()
})

test.for<[ms: number, ttl: Ttl]>([
  [1, 0.001],
  [1, Number.MIN_VALUE],
  [2, 1.5],
  [1, '0.1ms'],
  [2, '1.0001ms'],
])('a fraction of a ms rounds up, so that a short ttl is not none: %s ms', ([ms, ttl]) => {
  expect(resolveTtl(ttl, 'ttl')).toBe(ms)
})

test('it is whole, and never shorter than what was asked for nor a ms longer', () => {
  fc.assert(
    fc.property(fc.double({ min: -1e9, max: 1e15, noNaN: true }), (asked) => {
      const ttl = resolveTtl(asked, 'ttl') as number
      expect(Number.isSafeInteger(ttl)).toBe(true)
      expect(ttl).toBeGreaterThanOrEqual(asked)
      expect(ttl - asked).toBeLessThanOrEqual(1)
    }),
  )
})

describe('a ConfigurationError with the path and a hint at null', () => {
  test.for<[what: string, ttl: number]>([
    ['Infinity', Infinity],
    ['2^53', 2 ** 53],
    ['MAX_VALUE', Number.MAX_VALUE],
    ['NaN', NaN],
  ])('is what %s comes to', ([, ttl]) => {
    expect(() => resolveTtl(ttl, 'caches.a.ttl')).toThrow(ConfigurationError)
    expect(() => resolveTtl(ttl, 'caches.a.ttl')).toThrow(/^caches\.a\.ttl: .*null/)
  })

  test('is what a literal of more than 2^53 ms comes to', () => {
    expect(() => resolveTtl('999999999999d', 'ttl')).toThrow(/^ttl: .*null/)
  })
})

test.for(['', '5', '5 s', '5w', 's', true, {}, [], 1n])('a ConfigurationError is what %o comes to', (ttl) => {
  expect(() => resolveTtl(ttl as Ttl, 'ttl')).toThrow(ConfigurationError)
})
