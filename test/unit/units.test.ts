import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { ConfigurationError } from '../../src/errors.js'
import { monotonicClock, show, toMilliseconds, type Duration } from '../../src/units.js'

describe('a duration', () => {
  test.each<[value: Duration, ms: number]>([
    [0, 0],
    [250, 250],
    [0.5, 0.5],
    [-1, -1],
    ['250ms', 250],
    ['30s', 30_000],
    ['10m', 600_000],
    ['1h', 3_600_000],
    ['7d', 604_800_000],
    ['1.5s', 1_500],
    ['0.25ms', 0.25],
    ['-30s', -30_000],
    ['0s', 0],
  ])('%j is %d ms', (value, ms) => {
    expect(toMilliseconds(value, 'ttl')).toBe(ms)
  })

  test('a number of ms and its literal are the same', () => {
    fc.assert(
      fc.property(fc.integer({ min: -1e9, max: 1e9 }), (ms) => {
        expect(toMilliseconds(`${ms}ms`, 'ttl')).toBe(toMilliseconds(ms, 'ttl'))
        expect(toMilliseconds(`${ms}s`, 'ttl')).toBe(ms * 1_000)
      }),
    )
  })

  test.each<unknown>([
    NaN,
    Infinity,
    -Infinity,
    '',
    '30',
    's',
    '30 s',
    ' 30s',
    '30s ',
    '30s\n',
    '30S',
    '30sec',
    '1w',
    '1h30m',
    '.5s',
    '1.s',
    '+1s',
    '1e3ms',
    '0x10s',
    null,
    undefined,
    true,
    10n,
    {},
    ['30s'],
    new Date(0),
  ])('%o is none', (value) => {
    const read = (): unknown => toMilliseconds(value as Duration, 'caches.default.ttl')
    expect(read).toThrow(ConfigurationError)
    expect(read).toThrow(/^caches\.default\.ttl: expected milliseconds or '250ms'/)
  })
})

test('a literal of more than any number is no duration', () => {
  expect(() => toMilliseconds(`${'9'.repeat(400)}d` as Duration, 'ttl')).toThrow(ConfigurationError)
})

describe('a value in a message', () => {
  test.each<[value: unknown, shown: string]>([
    ['text', "'text'"],
    [5, '5'],
    [5n, '5'],
    [NaN, 'NaN'],
    [null, 'null'],
    [undefined, 'undefined'],
    [true, 'true'],
    [Symbol('s'), 'Symbol(s)'],
    [{ password: 'secret' }, 'an object'],
    [['secret'], 'an array'],
    [Buffer.from('secret'), 'an object'],
    [() => 'secret', 'a function'],
  ])('%o is shown as %s', (value, shown) => {
    expect(show(value)).toBe(shown)
  })

  test('a long text is cut', () => {
    expect(show('x'.repeat(1_000)).length).toBeLessThan(70)
  })
})

test('the clock never steps back', () => {
  let last = monotonicClock.now()
  for (let reading = 0; reading < 1_000; reading++) {
    const now = monotonicClock.now()
    expect(now).toBeGreaterThanOrEqual(last)
    last = now
  }
})
