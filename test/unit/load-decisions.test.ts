import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { defaultPolicy, type LoadPolicy } from '../../src/cache/load-policy.js'
import { isDue, stateOf } from '../../src/cache/loads/entry-state.js'
import { backoffAfter, LoadFailures } from '../../src/cache/loads/failures.js'
import { LoaderTimes } from '../../src/cache/loads/loader-times.js'
import { outcomeOf, type OutcomeOf } from '../../src/cache/loads/outcome.js'
import type { Freshness } from '../../src/codec/frame.js'

const time = fc.integer({ min: 1, max: 2 ** 47 })
const length = fc.integer({ min: 1, max: 2 ** 40 })
const share = fc.double({ min: 0, max: 1, noNaN: true })
const random = fc.double({ min: 0, max: 1, maxExcluded: true, noNaN: true })

describe('the state of an entry', () => {
  const stateWith = (
    policy: Partial<LoadPolicy>,
    chance: number,
    freshness: Freshness | undefined,
    now: number,
  ): string => stateOf(freshness, now, { ...defaultPolicy, ...policy }, chance)

  test('is fresh before its end, stale for the grace after it, and then over', () => {
    fc.assert(
      fc.property(time, length, length, (until, grace, at) => {
        const stateAt = (now: number): string => stateWith({ grace }, 0, { until, ttl: 10 }, now)
        expect(stateAt(until - 1)).toBe('fresh')
        expect(stateAt(until + (at % grace))).toBe('stale')
        expect(stateAt(until + grace + at)).toBe('over')
      }),
    )
  })

  test('is fresh as long as it is there without an end, and never stale without a grace', () => {
    expect(stateWith({}, 0, undefined, 1e15)).toBe('fresh')
    expect(stateWith({}, 0, { until: 0, ttl: 0 }, 1e15)).toBe('fresh')
    expect(stateWith({}, 0, { until: 7, ttl: 7 }, 7)).toBe('over')
  })

  test('of a herd is fresh until it is due, and over then: the more probably, the later it is', () => {
    const until = 1_000
    const stateAt = (now: number, chance: number): string =>
      stateWith({ herdTimeout: 100 }, chance, { until, ttl: 10 }, now)
    expect([0, 0.5, 0.999].map((chance) => stateAt(999, chance))).toStrictEqual(['fresh', 'fresh', 'fresh'])
    expect([0, 0.49, 0.5, 0.999].map((chance) => stateAt(1_050, chance))).toStrictEqual(['over', 'over', 'fresh', 'fresh']) // prettier-ignore
    expect([0, 0.5, 0.999].map((chance) => stateAt(1_100, chance))).toStrictEqual(['over', 'over', 'over'])
  })
})

describe('a value is due', () => {
  test('from the share of its ttl on, and not before', () => {
    const [freshness, chance] = [
      { until: 2_000, ttl: 1_000 },
      { loaderTime: 5_000, random: 0.99 },
    ]
    expect(isDue(freshness, 1_799, 0.8, chance)).toBe(false)
    expect(isDue(freshness, 1_800, 0.8, chance)).toBe(true)
    expect(isDue(freshness, 1_000, 0, chance)).toBe(true)
    expect(isDue(freshness, 1_999, 1, chance)).toBe(false)
  })

  test('never where nobody asked for it, and never where it has no end', () => {
    fc.assert(
      fc.property(time, share, random, (now, refreshAt, chance) => {
        expect(isDue({ until: 0, ttl: 0 }, now, refreshAt, { loaderTime: 10, random: chance })).toBe(false)
        expect(isDue({ until: 0, ttl: 0 }, now, 'early', { loaderTime: 10, random: chance })).toBe(false)
        expect(isDue({ until: now + 1, ttl: 1 }, now, undefined, { loaderTime: 10, random: chance })).toBe(false)
      }),
    )
  })

  test('early only when its loader was measured, and not with the least luck', () => {
    fc.assert(
      fc.property(time, length, random, (until, left, chance) => {
        const freshness = { until, ttl: until }
        expect(isDue(freshness, until - left, 'early', { loaderTime: undefined, random: chance })).toBe(false)
        expect(isDue(freshness, until - left, 'early', { loaderTime: 1e9, random: 0 })).toBe(false)
      }),
    )
  })

  test('early the more probably the nearer the end is and the longer the loader takes', () => {
    fc.assert(
      fc.property(time, length, length, length, random, (until, left, loaderTime, more, chance) => {
        const due = (away: number, takes: number): boolean =>
          isDue({ until, ttl: until }, until - away, 'early', { loaderTime: takes, random: chance })
        if (due(left + more, loaderTime)) expect(due(left, loaderTime)).toBe(true)
        if (due(left, loaderTime)) expect(due(left, loaderTime + more)).toBe(true)
      }),
    )
  })

  test('early by the time of the loader on average', () => {
    const draws = Array.from({ length: 1_000 }, (_, n) => (n + 0.5) / 1_000)
    const early = draws.map((one) => {
      let left = 0
      while (isDue({ until: 10_000, ttl: 10_000 }, 10_000 - left, 'early', { loaderTime: 100, random: one })) left++
      return left
    })
    const average = early.reduce((sum, left) => sum + left, 0) / early.length
    expect(Math.abs(average - 100)).toBeLessThan(5)
  })
})

describe('what becomes of an entry', () => {
  const seen = { until: 10, ttl: 5 }
  const of = (value: unknown, given: Partial<OutcomeOf> = {}): unknown =>
    outcomeOf(value, {
      said: { ttl: undefined, skipped: false },
      ttl: 1_000,
      replaces: 'nothing',
      policy: defaultPolicy,
      random: 0.5,
      ...given,
    })

  test('a value is kept for the ttl of the call, or what the loader says', () => {
    expect(of(null)).toStrictEqual({ entry: 'value', lifetime: { ttl: 1_000, grace: 0 } })
    expect(of(1, { said: { ttl: { ms: 7 }, skipped: false } })).toMatchObject({ lifetime: { ttl: 7 } })
    expect(of(1, { said: { ttl: { ms: undefined }, skipped: false } })).toMatchObject({ lifetime: { ttl: undefined } })
  })

  test('a value has the grace of its policy, and a ttl that is shortened at random', () => {
    const policy = { ...defaultPolicy, grace: 50, jitter: 0.2 }
    expect(of(1, { policy })).toMatchObject({ lifetime: { ttl: 900, grace: 50 } })
  })

  test('stays as it is where the loader skips, the ttl is over or no server was reached', () => {
    for (const replaces of ['nothing', 'anything', { held: 'x' }, seen] as const) {
      expect(of(1, { replaces, said: { ttl: undefined, skipped: true } })).toMatchObject({ entry: 'untouched' })
      expect(of(1, { replaces, ttl: 0 })).toMatchObject({ entry: 'untouched' })
      expect(of(1, { replaces, said: { ttl: { ms: -1 }, skipped: false } })).toMatchObject({ entry: 'untouched' })
    }
    expect(of(1, { replaces: undefined })).toMatchObject({ entry: 'untouched' })
  })

  test('a loader that finds nothing removes what was seen, or is remembered, without a grace', () => {
    expect(of(undefined)).toMatchObject({ entry: 'untouched' })
    expect(of(undefined, { replaces: { held: 'x' } })).toMatchObject({ entry: 'untouched' })
    expect(of(undefined, { replaces: seen })).toMatchObject({ entry: 'removed' })
    expect(of(undefined, { replaces: 'anything' })).toMatchObject({ entry: 'removed' })
    const policy = { ...defaultPolicy, grace: 50, negativeTtl: 30 }
    expect(of(undefined, { policy })).toStrictEqual({ entry: 'absence', lifetime: { ttl: 30, grace: 0 } })
  })
})

describe('loads that fail', () => {
  test('wait twice as long each time, up to 30 s or what was asked for', () => {
    expect([1, 2, 3, 5, 6, 60].map((failures) => backoffAfter(failures, 1_000))).toStrictEqual([
      1_000, 2_000, 4_000, 16_000, 30_000, 30_000,
    ])
    expect(backoffAfter(1, 45_000)).toBe(45_000)
    expect(backoffAfter(9, 45_000)).toBe(45_000)
  })

  test('wait each for itself, until one succeeds', () => {
    const failures = new LoadFailures()
    expect(failures.waits('a', 0)).toBe(false)
    failures.failed('a', 0, 100)
    failures.failed('a', 100, 100)
    expect([failures.waits('a', 299), failures.waits('a', 300), failures.waits('b', 0)]).toStrictEqual([
      true,
      false,
      false,
    ])
    failures.succeeded('a')
    failures.failed('a', 1_000, 100)
    expect(failures.waits('a', 1_100)).toBe(false)
  })

  test('are remembered of 10,000 keys at most', () => {
    const failures = new LoadFailures()
    for (let n = 0; n <= 10_000; n++) failures.failed(`k${n}`, 0, 100)
    expect([failures.waits('k0', 1), failures.waits('k1', 1), failures.waits('k10000', 1)]).toStrictEqual([
      false,
      true,
      true,
    ])
  })
})

test("a loader's time is that of its key, or the average of the cache", () => {
  const times = new LoaderTimes()
  expect(times.of('a')).toBeUndefined()
  times.add('a', 80)
  expect([times.of('a'), times.of('b')]).toStrictEqual([80, 80])
  times.add('b', 160)
  expect([times.of('a'), times.of('b'), times.of('c')]).toStrictEqual([80, 160, 90])
})
