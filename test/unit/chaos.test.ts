import { describe, expect, test } from 'vitest'
import { judgeCounter } from '../support/chaos/counters.js'
import { growth } from '../support/chaos/growth.js'
import { judgeRead, KeyHistory, type NumberedWrite, type Weakness } from '../support/chaos/order.js'
import { faultKinds, schedule, surgeKinds, type Step } from '../support/chaos/schedule.js'
import { Spell } from '../support/chaos/spell.js'

const strong: Weakness = { lossy: () => false, held: () => false, silent: () => false }
const lossyAt = (time: number): Weakness => ({ ...strong, lossy: (from, to) => from <= time && to >= time })
const heldAt = (time: number): Weakness => ({ ...strong, held: (at) => at === time })
const silentAt = (time: number): Weakness => ({ ...strong, silent: (at) => at === time })
const done = (n: number, at = n): NumberedWrite => ({ n, outcome: 'done', at })

describe('the schedule of chaos', () => {
  test('is the same for the same seed, and another for another', () => {
    expect(first(100, 7)).toStrictEqual(first(100, 7))
    expect(first(100, 7)).not.toStrictEqual(first(100, 8))
  })

  test('has every fault once before it has any of them again, and every surge', () => {
    const steps = first(2 * faultKinds.length, 3)
    for (const half of [steps.slice(0, faultKinds.length), steps.slice(faultKinds.length)])
      expect(half.map(({ kind }) => kind).toSorted()).toStrictEqual(faultKinds.toSorted())
    expect(new Set(first(200, 3).map(({ surge }) => surge))).toStrictEqual(new Set(surgeKinds))
  })

  test('has steps within their bounds', () => {
    for (const { target, strength, lasts, rest } of first(500, 11)) {
      expect([0, 1, 2]).toContain(target)
      expect(strength >= 0 && strength < 1 && lasts >= 200 && lasts <= 3_000 && rest >= 0 && rest <= 700).toBe(true)
    }
  })
})

describe('the judge of order', () => {
  test('takes a read of the last write that was acknowledged before it, or of one that was made since', () => {
    const writes = [done(1), done(2), done(3)]
    for (const value of [2, 3])
      expect(judgeRead({ value, after: 2, before: 3, madeAt: 8, at: 9 }, writes, strong)).toBeUndefined()
  })

  test('refuses one of what was never made', () => {
    expect(judgeRead({ value: 4, after: 2, before: 3, madeAt: 8, at: 9 }, [], strong)).toMatch(
      /saw 4, which was not written yet/,
    )
  })

  test('refuses one that overlooks a write, also one that was acknowledged after it', () => {
    const read = { value: 1, after: 2, before: 2, madeAt: 4, at: 5 }
    expect(judgeRead(read, [done(1), done(2)], strong)).toMatch(/saw 1 after 2 had been written/)
    expect(judgeRead(read, [done(1), done(2, 7)], strong)).toMatch(/saw 1 after 2/)
  })

  test('asks nothing of writes that failed, or that were made after the read', () => {
    const failed: NumberedWrite = { n: 2, outcome: 'failed', at: 2 }
    expect(judgeRead({ value: 1, after: 2, before: 2, madeAt: 4, at: 5 }, [done(1), failed], strong)).toBeUndefined()
    expect(judgeRead({ value: 1, after: 1, before: 2, madeAt: 4, at: 5 }, [done(1), done(2)], strong)).toBeUndefined()
  })

  test('excuses what lies on the other side of a lossy fault, and nothing else', () => {
    const read = { value: 1, after: 2, before: 2, madeAt: 4, at: 5 }
    expect(judgeRead(read, [done(2, 2)], lossyAt(3))).toBeUndefined()
    expect(judgeRead(read, [done(2, 4)], lossyAt(3))).toMatch(/saw 1 after 2/)
  })

  test('excuses a write that was held while the read was made, and none that was acknowledged by then', () => {
    const read = { value: 1, after: 2, before: 2, madeAt: 4, at: 9 }
    for (const at of [5, 10]) expect(judgeRead(read, [done(2, at)], heldAt(9))).toBeUndefined()
    expect(judgeRead(read, [done(2, 3)], heldAt(9))).toMatch(/saw 1 after 2/)
  })

  test('excuses what a replica does not have yet that answers for a silent primary, and nothing older', () => {
    const read = { value: 1, after: 2, before: 2, madeAt: 1_999, at: 2_000 }
    for (const at of [2_001, 1_001]) expect(judgeRead(read, [done(2, at)], silentAt(2_000))).toBeUndefined()
    expect(judgeRead(read, [done(2, 999)], silentAt(2_000))).toMatch(/saw 1 after 2/)
  })

  test('waits for the writes before a read, and judges it once', () => {
    const history = new KeyHistory('k')
    const n = history.write()
    history.read({ value: 0, after: n, before: n, madeAt: 1, at: 1 })
    expect(history.judge(strong)).toStrictEqual([])
    history.settled(n, 'done', 2)
    expect(history.judge(strong)).toStrictEqual([expect.stringMatching(/a get of k saw 0 after 1/)])
    expect(history.judge(strong)).toStrictEqual([])
  })

  test('remembers for later reads what was acknowledged', () => {
    const history = new KeyHistory('k')
    for (let count = 0; count < 1_000; count++) history.settled(history.write(), 'done', count)
    history.judge(strong)
    history.read({ value: 999, after: 1_000, before: 1_000, madeAt: 2_000, at: 2_000 })
    expect(history.judge(strong)).toStrictEqual([expect.stringMatching(/saw 999 after 1000/)])
  })
})

test.for<[value: number, lossy: boolean, right: boolean]>([
  [10, false, true],
  [12, false, true],
  [9, false, false],
  [13, false, false],
  [0, true, true],
  [13, true, false],
])('a counter at %d after 10 increments and 2 that may have run, lossy: %s; right: %s', ([value, lossy, right]) => {
  const problem = judgeCounter(value, { acknowledged: 10, maybe: 2, lossy })
  expect(problem === undefined).toBe(right)
})

test('a spell counts what is so on end, less the stalls in it', () => {
  const spell = new Spell((from, to) => (from <= 150 && to >= 200 ? 50 : 0))
  expect([spell.note(true, 0), spell.note(true, 100), spell.note(true, 300)]).toStrictEqual([0, 100, 250])
  expect([spell.note(false, 400), spell.note(true, 500), spell.note(true, 600)]).toStrictEqual([0, 0, 100])
})

test('growth is from the first third to the last', () => {
  expect(growth([1, 1, 50, 2, 4, 6])).toBe(4)
  expect(growth([7])).toBe(0)
})

function first(count: number, seed: number): readonly Step[] {
  const steps = schedule(seed)
  return Array.from({ length: count }, () => steps.next().value)
}
