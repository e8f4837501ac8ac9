import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { dialPause, isPermanent } from '../../src/connection/back-off.js'
import {
  AuthenticationError,
  CommandError,
  ConfigurationError,
  ConnectionError,
  RoleMismatchError,
  UnsupportedError,
} from '../../src/errors.js'

const passing = [
  new ConnectionError('s:1', 'connect ECONNREFUSED'),
  new RoleMismatchError('s:1', 'primary', 'replica'),
  new CommandError('HELLO', 'LOADING Valkey is loading the dataset in memory', { retryable: true }),
  new CommandError('HELLO', 'MASTERDOWN Link with MASTER is down', { retryable: true }),
  new Error('as it happens'),
  undefined,
]
const lasting = [
  new AuthenticationError('s:1', 'WRONGPASS invalid username-password pair'),
  new UnsupportedError('a sentinel'),
  new ConfigurationError('tls', 'expected PEM'),
]
const failures = fc.nat(2_000)
const dice = fc.double({ min: 0, max: 1, noNaN: true })

test('what passes by itself is told from what somebody has to change', () => {
  expect(passing.map(isPermanent)).toStrictEqual(passing.map(() => false))
  expect(lasting.map(isPermanent)).toStrictEqual(lasting.map(() => true))
})

describe('before another try to connect there is a pause', () => {
  test('of 100 to 300 ms where the failure passes by itself, however often it failed', () => {
    fc.assert(
      fc.property(fc.constantFrom(...passing), failures, dice, (error, count, random) => {
        const pause = dialPause(error, count, random)
        expect(pause).toBeGreaterThanOrEqual(100)
        expect(pause).toBeLessThanOrEqual(300)
      }),
    )
  })

  test('that grows to 5 s where it does not', () => {
    fc.assert(
      fc.property(fc.constantFrom(...lasting), failures, dice, (error, count, random) => {
        const pause = dialPause(error, count, random)
        expect(pause).toBeGreaterThanOrEqual(100)
        expect(pause).toBeLessThanOrEqual(5_000)
        expect(pause).toBeLessThanOrEqual(dialPause(error, count + 1, random))
      }),
    )
    expect(dialPause(lasting[0], 20, 0.99)).toBeGreaterThan(4_900)
  })

  test('that differs between processes by a third of the longest, or more', () => {
    for (const error of [...passing, ...lasting]) {
      const [shortest, longest] = [dialPause(error, 9, 0), dialPause(error, 9, 1)]
      expect(longest - shortest).toBeGreaterThanOrEqual(longest / 3)
    }
  })
})
