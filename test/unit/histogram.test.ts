import fc from 'fast-check'
import { expect, test } from 'vitest'
import { countBelow, Histogram, joined, type LatencyStats } from '../../src/telemetry/histogram.js'

const times = fc.array(fc.double({ min: 0, max: 70_000, noNaN: true }), { minLength: 1 })

test('a quantile is at most a quarter above what it stands for, and never above the longest', () => {
  fc.assert(
    fc.property(times, (all) => {
      const { p50, p90, p99, max, count } = measured(all)
      const sorted = all.toSorted((one, other) => one - other)
      expect(count).toBe(all.length)
      expect(max).toBe(sorted.at(-1))
      for (const [share, told] of [
        [0.5, p50],
        [0.9, p90],
        [0.99, p99],
      ] as const) {
        const exact = sorted[Math.max(0, Math.ceil(share * count) - 1)] as number
        expect(told).toBeGreaterThanOrEqual(exact)
        if (exact < 65_536) expect(told).toBeLessThanOrEqual(exact * 1.25 + 1 / 1_024)
      }
    }),
  )
})

test('what several have measured together is what one would have', () => {
  fc.assert(
    fc.property(times, times, (some, others) => {
      const { sum, ...together } = joined([measured(some), measured(others)])
      const { sum: all, ...one } = measured([...some, ...others])
      expect(together).toStrictEqual(one)
      expect(sum).toBeCloseTo(all, 3)
    }),
  )
})

test('0.25 ms and its doubles are bounds of buckets', () => {
  fc.assert(
    fc.property(times, fc.integer({ min: -2, max: 15 }), (all, power) => {
      const bound = 2 ** power
      expect(countBelow(measured(all), bound)).toBe(all.filter((one) => one < bound).length)
    }),
  )
})

test('nothing was measured, no time at all, and a time that is none', () => {
  const empty = { count: 0, sum: 0, max: 0, p50: 0, p90: 0, p99: 0, buckets: [] }
  expect(measured([])).toStrictEqual(empty)
  expect(joined([])).toStrictEqual(empty)
  expect(measured([0, -1]).count).toBe(2)
  expect(measured([Infinity]).buckets).toStrictEqual([[Infinity, 1]])
})

function measured(all: readonly number[]): LatencyStats {
  const histogram = new Histogram()
  for (const one of all) histogram.record(one)
  return histogram.stats
}
