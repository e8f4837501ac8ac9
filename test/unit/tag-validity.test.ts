import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { freshnessUnder, markAt } from '../../src/cache/tags/validity.js'
import { parseMark, type TagMark } from '../../src/clients/commands/tags.js'

const freshness = { until: 2_000, ttl: 1_000 }
const mark = (invalid: number, stale = 0, goneAt = 0): TagMark => ({ invalid, stale, goneAt })

describe('a value of stamp 1000 that is fresh until 2000', () => {
  test.for<[what: string, marks: readonly (TagMark | undefined)[], until: number]>([
    ['has no tags', [], 2_000],
    ['has tags that were never invalidated', [undefined, undefined], 2_000],
    ['has a tag that was invalidated before its stamp', [mark(999)], 2_000],
    ['has a tag that was invalidated with the number of its stamp', [mark(1_000)], 2_000],
    ['has a tag that was invalidated after its stamp', [mark(1_001)], -Infinity],
    ['has one such tag among others', [mark(5), undefined, mark(1_001)], -Infinity],
    ['has a tag that is stale since its stamp', [mark(0, 1_000)], 2_000],
    ['has a tag that is stale after its stamp', [mark(0, 1_500)], 1_500],
    ['has two of those', [mark(0, 1_500), mark(0, 1_200)], 1_200],
    ['has a tag that is stale after it was over', [mark(0, 2_500)], 2_000],
    ['has a stale tag and an invalid one', [mark(0, 1_500), mark(1_001)], -Infinity],
  ])('%s', ([, marks, until]) => {
    expect(freshnessUnder(marks, 1_000, freshness, 3_000).until).toBe(until)
  })
})

test('a value for ever is stale after a soft invalidation', () => {
  const forEver = { until: 0, ttl: 0 }
  expect(freshnessUnder([mark(0, 1_500)], 1_000, forEver, 3_000)).toStrictEqual({ until: 1_500, ttl: 0 })
  expect(freshnessUnder([mark(999, 1_000)], 1_000, forEver, 3_000)).toBe(forEver)
})

test('a value is stale by a soft invalidation whose time has not come on the clock of its server', () => {
  expect(freshnessUnder([mark(0, 1_500)], 1_000, freshness, 1_400.5).until).toBe(1_400)
})

test('a soft invalidation counts as one of the other kind when its time is over', () => {
  expect(markAt(mark(5, 9, 100), 99)).toStrictEqual(mark(5, 9, 100))
  expect(markAt(mark(5, 9, 100), 100)).toStrictEqual(mark(9))
  expect(markAt(mark(5, 9), 1e15)).toStrictEqual(mark(5, 9))
})

test('what an invalidation did not write counts as invalidated now', () => {
  expect(parseMark('12:34:56')).toStrictEqual(mark(12, 34, 56))
  fc.assert(
    fc.property(fc.string(), (held) => {
      if (!/^\d+:\d+:\d+$/.test(held)) expect(parseMark(held)).toStrictEqual(mark(Infinity))
    }),
  )
})
