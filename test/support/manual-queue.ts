import { vi } from 'vitest'
import { DeadlineQueue } from '../../src/connection/deadlines.js'
import { LoopClock } from '../../src/connection/loop-clock.js'

/** A queue of deadlines whose time is turned by hand; the test has faked timers. */
export interface ManualQueue {
  readonly queue: DeadlineQueue
  /** Time goes by, and the loop turns each ms. */
  readonly pass: (ms: number) => void
  /** Time goes by while the loop stands still. */
  readonly stall: (ms: number) => void
}

/** The timers that a queue of deadlines uses, for `vi.useFakeTimers`. */
export const queueTimers: Parameters<typeof vi.useFakeTimers>[0] = {
  toFake: ['setTimeout', 'clearTimeout', 'setImmediate', 'clearImmediate'],
}

export function manualQueue(): ManualQueue {
  let now = 0
  const stall = (ms: number): void => {
    now += ms
  }
  const pass = (ms: number): void => {
    for (let left = ms; left > 0; left--) {
      stall(1)
      vi.advanceTimersByTime(1)
    }
  }
  return { queue: new DeadlineQueue(new LoopClock({ now: () => now })), pass, stall }
}
