import { expect, test } from 'vitest'
import { pauseOf } from '../../src/cache/fleet/wake.js'

test('a waiter who listens looks again when the lease is over, and not before', () => {
  expect(pauseOf(1_200, true)).toBeGreaterThan(1_200)
  expect(pauseOf(1_200, true)).toBeLessThanOrEqual(1_210)
})

test('a lock that has no end is left to messages', () => {
  expect(pauseOf(null, true)).toBe(2 ** 31 - 1)
})

test('a waiter who cannot listen looks every 50 ms, however long the lease is', () => {
  expect([pauseOf(1_200, false), pauseOf(null, false)]).toEqual([50, 50])
})
