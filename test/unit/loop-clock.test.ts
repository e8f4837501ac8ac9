import { describe, expect, test } from 'vitest'
import { LoopClock } from '../../src/connection/loop-clock.js'

/** The most that one turn of the loop counts for, in ms. */
const longestTurn = 50

describe('while somebody waits, and the loop ticks', () => {
  test('time passes as usual in turns of up to 50 ms', () => {
    const { clock, pass } = ticking()
    for (const turn of [10, 20, longestTurn]) pass(turn)
    expect(clock.now()).toBe(80)
  })

  test('a longer turn counts for 50 ms, however long it was, and time goes on from there', () => {
    const { clock, pass } = ticking()
    for (const turn of [10, 300, 60_000]) pass(turn)
    expect(clock.now()).toBe(10 + 2 * longestTurn)
    pass(10)
    expect(clock.now()).toBe(20 + 2 * longestTurn)
  })

  test('it stands still for whoever looks in the middle of a long turn', () => {
    const { clock, stall } = ticking()
    const seen = [40, 20, 500].map((ms) => {
      stall(ms)
      return clock.now()
    })
    expect(seen).toStrictEqual([40, longestTurn, longestTurn])
  })

  test('it never steps back, whatever the turns are', () => {
    const { clock, stall, pass } = ticking()
    let last = clock.now()
    for (const ms of [5, 70, 0, 1_000, 49, 51, 3]) {
      stall(ms)
      expect(clock.now()).toBeGreaterThanOrEqual(last)
      last = clock.now()
      pass(0)
      expect(clock.now()).toBeGreaterThanOrEqual(last)
      last = clock.now()
    }
  })
})

describe('while nobody waits', () => {
  test('time passes as usual, however long nobody looked', () => {
    const { clock, pass, stall } = ticking()
    pass(10)
    clock.rest()
    stall(5_000)
    expect(clock.now()).toBe(5_010)
  })

  test('a stall that ended with the last tick stays taken off', () => {
    const { clock, stall } = ticking()
    stall(350)
    clock.rest()
    stall(100)
    expect(clock.now()).toBe(longestTurn + 100)
  })

  test('the time before the first tick after it is no stall', () => {
    const { clock, pass, stall } = ticking()
    clock.rest()
    stall(5_000)
    clock.tick()
    pass(10)
    expect(clock.now()).toBe(5_010)
  })
})

interface Ticking {
  readonly clock: LoopClock
  /** A turn of the loop that takes so long. */
  readonly pass: (ms: number) => void
  /** Time goes by while the loop stands still. */
  readonly stall: (ms: number) => void
}

/** A clock that ticks, on a source that is turned by hand. */
function ticking(): Ticking {
  let now = 0
  const clock = new LoopClock({ now: () => now })
  const stall = (ms: number): void => {
    now += ms
  }
  const pass = (ms: number): void => {
    stall(ms)
    clock.tick()
  }
  clock.tick()
  return { clock, pass, stall }
}
