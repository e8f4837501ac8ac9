import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { RecentWrites } from '../../src/clients/recent-writes.js'

const window = 1_000

describe('a key that was written', () => {
  test('is recent at once, and the others are not', () => {
    const { recent } = writing()
    recent.note(['a', 'b'])
    expect(recent.includes(['a'])).toBe(true)
    expect(recent.includes(['b'])).toBe(true)
    expect(recent.includes(['c'])).toBe(false)
  })

  test('makes a read of many keys recent', () => {
    const { recent } = writing()
    recent.note(['a'])
    expect(recent.includes(['x', 'a', 'y'])).toBe(true)
    expect(recent.includes(['x', 'y'])).toBe(false)
    expect(recent.includes([])).toBe(false)
  })

  test('is recent until its window is over', () => {
    const { recent, at } = writing()
    at(window - 1)
    recent.note(['a'])
    at(2 * window - 2)
    expect(recent.includes(['a'])).toBe(true)
  })

  test('is not recent for ever: two windows later it is forgotten', () => {
    const { recent, at } = writing()
    recent.note(['a'])
    at(2 * window)
    expect(recent.includes(['a'])).toBe(false)
  })

  test('is known to be some, for those who ask about no key', () => {
    const { recent, at } = writing()
    expect(recent.any()).toBe(false)
    recent.note(['a'])
    at(window)
    expect(recent.any()).toBe(true)
    at(2 * window)
    expect(recent.any()).toBe(false)
  })

  test('again is recent again', () => {
    const { recent, at } = writing()
    recent.note(['a'])
    at(2 * window)
    recent.note(['a'])
    at(3 * window - 1)
    expect(recent.includes(['a'])).toBe(true)
  })

  test('is recent for one window at least and for two at most, whenever it is written and read', () => {
    const step = fc.record({
      pause: fc.integer({ min: 0, max: 3 * window }),
      key: fc.constantFrom('a', 'b', 'c'),
      write: fc.boolean(),
    })
    fc.assert(
      fc.property(fc.array(step, { maxLength: 30 }), (steps) => {
        const { recent, at } = writing()
        const written = new Map<string, number>()
        let now = 0
        for (const { pause, key, write } of steps) {
          at((now += pause))
          if (write) {
            recent.note([key])
            written.set(key, now)
          }
          const age = now - (written.get(key) ?? -Infinity)
          if (age < window) expect(recent.includes([key])).toBe(true)
          if (age >= 2 * window) expect(recent.includes([key])).toBe(false)
        }
      }),
    )
  })
})

describe('more keys than are kept', () => {
  const many = Array.from({ length: 100_000 }, (_, index) => `k${index}`)

  test('make every key recent, until they are forgotten', () => {
    const { recent, at } = writing()
    recent.note(many)
    recent.note(['one more'])
    expect(recent.includes(['one more'])).toBe(true)
    expect(recent.includes(['never written'])).toBe(true)
    at(window)
    expect(recent.includes(['never written'])).toBe(true)
    at(2 * window)
    expect(recent.includes(['never written'])).toBe(false)
  })

  test('do not matter when one less is kept', () => {
    const { recent } = writing()
    recent.note(many.slice(1))
    expect(recent.includes(['k1'])).toBe(true)
    expect(recent.includes(['never written'])).toBe(false)
  })
})

test('a window of 0 is off: nothing is recent', () => {
  const recent = new RecentWrites(0, { now: () => 0 })
  recent.note(['a'])
  expect(recent.includes(['a'])).toBe(false)
})

interface Writing {
  readonly recent: RecentWrites
  /** It is so late now. */
  readonly at: (time: number) => void
}

function writing(): Writing {
  let now = 0
  const recent = new RecentWrites(window, { now: () => now })
  return { recent, at: (time) => void (now = time) }
}
