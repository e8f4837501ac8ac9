import { afterEach, beforeEach, expect, test, vi } from 'vitest'
import { Sweeper } from '../../src/connection/sweeper.js'
import type { Clock } from '../../src/units.js'

beforeEach(() => {
  vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout'] })
})
afterEach(() => {
  vi.useRealTimers()
})

test('it sweeps 10 to 25 ms after its start', () => {
  const { sweeper, sweeps, pass } = sweeping(() => false)
  sweeper.start()
  pass(9)
  expect(sweeps).toStrictEqual([])
  pass(16)
  expect(sweeps).toHaveLength(1)
})

test('it goes on as long as there is something to watch, and then stops', () => {
  let left = 3
  const { sweeper, sweeps, pass } = sweeping(() => --left > 0)
  sweeper.start()
  pass(10 * longestPause)
  expect(sweeps).toHaveLength(3)
  expect(vi.getTimerCount()).toBe(0)
})

test('it can be started again after it stopped by itself', () => {
  const { sweeper, sweeps, pass } = sweeping(() => false)
  sweeper.start()
  pass(longestPause)
  sweeper.start()
  pass(longestPause)
  expect(sweeps).toHaveLength(2)
})

test('started many times it has one timer and does not put off its sweep', () => {
  const { sweeper, sweeps, pass } = sweeping(() => false)
  for (let time = 0; sweeps.length === 0 && time < longestPause; time += 2) {
    sweeper.start()
    expect(vi.getTimerCount()).toBe(1)
    pass(2)
  }
  expect(sweeps).toHaveLength(1)
})

test('each sweep has the time of the tick before, so that a poll phase has passed since', () => {
  const { sweeper, sweeps, ticks, pass } = sweeping(() => true)
  pass(5)
  sweeper.start()
  pass(100)
  expect(sweeps).toStrictEqual([5, ...ticks.slice(0, -1)])
  sweeper.stop()
})

test('what ended while the loop stood still is seen one tick after the stall, and not at its end', () => {
  const { sweeper, sweeps, pass, stall } = sweeping(() => true)
  sweeper.start()
  stall(300)
  vi.advanceTimersToNextTimer()
  expect(sweeps).toStrictEqual([0])
  pass(longestPause)
  expect(sweeps[1]).toBe(300)
  sweeper.stop()
})

test('stopped it never sweeps and leaves no timer behind', () => {
  const { sweeper, sweeps, pass } = sweeping(() => true)
  sweeper.start()
  sweeper.stop()
  expect(vi.getTimerCount()).toBe(0)
  pass(10 * longestPause)
  expect(sweeps).toStrictEqual([])
})

test('a loop that stalls all the time does not keep it from sweeping', () => {
  const { sweeper, sweeps, stall } = sweeping(() => true)
  sweeper.start()
  for (let round = 0; round < 10; round++) {
    stall(100)
    vi.advanceTimersToNextTimer()
  }
  expect(sweeps.at(-1)).toBe(900)
  sweeper.stop()
})

/** Between two sweeps, at most. */
const longestPause = 25

interface Sweeping {
  readonly sweeper: Sweeper
  /** The times that it swept with. */
  readonly sweeps: number[]
  /** When it did. */
  readonly ticks: number[]
  /** Time goes by, and the loop with it. */
  readonly pass: (ms: number) => void
  /** Time goes by while the loop stands still. */
  readonly stall: (ms: number) => void
}

/** A sweeper on a clock that is turned by hand. */
function sweeping(watch: () => boolean): Sweeping {
  let now = 0
  const clock: Clock = { now: () => now }
  const sweeps: number[] = []
  const ticks: number[] = []
  const sweeper = new Sweeper(clock, (time) => {
    sweeps.push(time)
    ticks.push(now)
    return watch()
  })
  return {
    sweeper,
    sweeps,
    ticks,
    pass: (ms: number): void => {
      for (let left = ms; left > 0; left--) {
        now += 1
        vi.advanceTimersByTime(1)
      }
    },
    stall: (ms: number): void => {
      now += ms
    },
  }
}
