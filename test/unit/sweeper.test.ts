import { afterEach, beforeEach, expect, test, vi } from 'vitest'
import { Sweeper } from '../../src/connection/sweeper.js'
import type { Clock } from '../../src/units.js'

const interval = 20

beforeEach(() => {
  vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout', 'setImmediate', 'clearImmediate'] })
})
afterEach(() => {
  vi.useRealTimers()
})

test('it sweeps 10 to 25 ms after its start, with the time it is then', () => {
  const { sweeper, sweeps, pass } = sweeping(() => false)
  sweeper.start()
  pass(9)
  expect(sweeps).toStrictEqual([])
  pass(16)
  expect(sweeps).toStrictEqual([interval])
})

test('it goes on as long as there is something to watch, and then stops', () => {
  let left = 3
  const { sweeper, sweeps, pass } = sweeping(() => --left > 0)
  sweeper.start()
  pass(10 * interval)
  expect(sweeps).toStrictEqual([20, 40, 60])
  expect(vi.getTimerCount()).toBe(0)
})

test('it can be started again after it stopped by itself', () => {
  const { sweeper, sweeps, pass } = sweeping(() => false)
  sweeper.start()
  pass(interval)
  sweeper.start()
  pass(interval)
  expect(sweeps).toStrictEqual([20, 40])
})

test('started many times it has one timer and does not put off its sweep', () => {
  const { sweeper, sweeps, pass } = sweeping(() => false)
  for (let time = 0; time < interval; time += 2) {
    sweeper.start()
    expect(vi.getTimerCount()).toBe(1)
    pass(2)
  }
  expect(sweeps).toStrictEqual([interval])
})

test('stopped it never sweeps and leaves no timer behind', () => {
  const { sweeper, sweeps, pass } = sweeping(() => true)
  sweeper.start()
  sweeper.stop()
  expect(vi.getTimerCount()).toBe(0)
  pass(10 * interval)
  expect(sweeps).toStrictEqual([])
})

test('a sweep that comes late lets a poll phase pass first', () => {
  const { sweeper, sweeps, stall } = sweeping(() => false)
  sweeper.start()
  stall(300)
  vi.advanceTimersToNextTimer()
  expect(sweeps, 'in the timers phase').toStrictEqual([])
  vi.advanceTimersToNextTimer()
  expect(sweeps, 'after the poll phase').toHaveLength(1)
})

test('a sweep that is a little late does not wait', () => {
  const { sweeper, sweeps, stall } = sweeping(() => false)
  sweeper.start()
  stall(interval + 10)
  vi.advanceTimersToNextTimer()
  expect(sweeps).toHaveLength(1)
})

test('stopped while it waits for the poll phase, it does not sweep', () => {
  const { sweeper, sweeps, stall, pass } = sweeping(() => true)
  sweeper.start()
  stall(300)
  vi.advanceTimersToNextTimer()
  sweeper.stop()
  pass(10 * interval)
  expect(sweeps).toStrictEqual([])
})

test('a loop that stalls all the time does not keep it from sweeping', () => {
  const { sweeper, sweeps, stall } = sweeping(() => true)
  sweeper.start()
  for (let round = 0; round < 10; round++) {
    stall(100)
    vi.advanceTimersToNextTimer()
  }
  expect(sweeps.length).toBeGreaterThanOrEqual(4)
  sweeper.stop()
})

interface Sweeping {
  readonly sweeper: Sweeper
  /** When it swept. */
  readonly sweeps: number[]
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
  const sweeper = new Sweeper(clock, (time) => {
    sweeps.push(time)
    return watch()
  })
  return {
    sweeper,
    sweeps,
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
