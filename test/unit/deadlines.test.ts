import fc from 'fast-check'
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest'
import { Alarm, type DeadlineQueue } from '../../src/connection/deadlines.js'
import { manualQueue, queueTimers, type ManualQueue } from '../support/manual-queue.js'

let now: ManualQueue
let queue: DeadlineQueue

beforeEach(() => {
  vi.useFakeTimers(queueTimers)
  now = manualQueue()
  queue = now.queue
})
afterEach(() => {
  vi.useRealTimers()
})

/** How much later than its deadline something may expire, in ms. */
const latest = 30

describe('a deadline', () => {
  test('is never early and 30 ms late at most, wherever it falls', () => {
    fc.assert(
      fc.property(fc.array(fc.integer({ min: 0, max: 500 }), { minLength: 1, maxLength: 20 }), (dues) => {
        const { queue: own, pass } = manualQueue()
        const expired: (readonly [due: number, at: number])[] = []
        for (const due of dues) new Alarm(() => expired.push([due, own.clock.now()]), own).set(due)
        pass(600)
        expect(expired).toHaveLength(dues.length)
        for (const [due, at] of expired) {
          expect(at).toBeGreaterThanOrEqual(due)
          expect(at).toBeLessThanOrEqual(due + latest)
        }
      }),
      { numRuns: 30 },
    )
  })

  test('of Infinity never comes, and keeps no timer', () => {
    const { rings, set } = alarms()
    set('never', Infinity)
    expect([queue.size, vi.getTimerCount()]).toStrictEqual([0, 0])
    now.pass(1_000)
    expect(rings).toStrictEqual([])
  })

  test('that was over before it was set comes with the next ticks', () => {
    const { rings, set } = alarms()
    now.pass(100)
    set('over', 20)
    now.pass(latest)
    expect(rings).toStrictEqual(['over'])
  })

  test('expires once, and those of one moment in the order in which they were set', () => {
    const { rings, set } = alarms()
    for (const name of ['a', 'b', 'c']) set(name, 50)
    now.pass(500)
    expect(rings).toStrictEqual(['a', 'b', 'c'])
  })

  test('that was removed does not come, and the others do; removing it twice harms nobody', () => {
    const { rings, set } = alarms()
    const [, second] = ['a', 'b', 'c'].map((name) => set(name, 50))
    second?.clear()
    second?.clear()
    expect(queue.size).toBe(2)
    now.pass(100)
    expect(rings).toStrictEqual(['a', 'c'])
    expect(queue.size).toBe(0)
  })

  test('removed by one that expires with it does not come', () => {
    const rings: string[] = []
    const second = new Alarm(() => rings.push('second'), queue)
    new Alarm(() => second.clear(), queue).set(50)
    second.set(50)
    now.pass(100)
    expect(rings).toStrictEqual([])
  })

  test('set by one that expires comes at its own time', () => {
    const rings: number[] = []
    const second = new Alarm(() => rings.push(queue.clock.now()), queue)
    new Alarm(() => second.set(150), queue).set(50)
    now.pass(300)
    expect(rings).toStrictEqual([expect.toSatisfy((at: number) => at >= 150 && at <= 150 + latest)])
  })
})

describe('an alarm', () => {
  test('says whether it is set', () => {
    const alarm = new Alarm(() => {}, queue)
    expect(alarm.isSet).toBe(false)
    alarm.set(50)
    expect(alarm.isSet).toBe(true)
    now.pass(100)
    expect(alarm.isSet).toBe(false)
  })

  test('set again rings once, at the later time', () => {
    const rings: number[] = []
    const alarm = new Alarm(() => rings.push(queue.clock.now()), queue)
    alarm.set(50)
    alarm.set(200)
    now.pass(150)
    expect(rings).toStrictEqual([])
    now.pass(100)
    expect(rings).toHaveLength(1)
  })
})

describe('the queue', () => {
  test('has one timer while something waits, and none when nothing does, also when all were removed', () => {
    const { set } = alarms()
    expect(vi.getTimerCount()).toBe(0)
    const [first] = [set('a', 100), set('b', 40)]
    expect(vi.getTimerCount()).toBe(1)
    now.pass(80)
    expect(vi.getTimerCount()).toBe(1)
    first.clear()
    now.pass(15)
    expect(vi.getTimerCount()).toBe(0)
  })

  test('starts again after it rested', () => {
    const { rings, set } = alarms()
    set('a', 50)
    now.pass(1_000)
    set('b', 1_050)
    now.pass(40)
    expect(rings).toStrictEqual(['a'])
    now.pass(60)
    expect(rings).toStrictEqual(['a', 'b'])
  })

  test('rings what is due when the process comes back from a stall one tick later, and only 50 ms of it count', () => {
    const { rings, set } = alarms()
    set('at 45', 45)
    set('at 150', 150)
    now.stall(10_000)
    vi.advanceTimersToNextTimer()
    expect(rings).toStrictEqual([])
    now.pass(latest)
    expect(rings).toStrictEqual(['at 45'])
    now.pass(150)
    expect(rings).toStrictEqual(['at 45', 'at 150'])
  })

  test('lets nobody be late who stands still between the telling of a deadline and its adding', () => {
    const { rings, set } = alarms()
    const due = queue.dueIn(200)
    now.stall(10_000)
    set('at 200', due)
    now.pass(140)
    expect(rings).toStrictEqual([])
    now.pass(10 + latest)
    expect(rings).toStrictEqual(['at 200'])
  })

  test('rests when a deadline that was told is never added', () => {
    queue.dueIn(200)
    now.pass(10)
    expect(vi.getTimerCount()).toBe(0)
  })

  test('goes on ringing while the loop stalls all the time', () => {
    const { rings, set } = alarms()
    set('at 200', 200)
    for (let turn = 0; turn < 8 && rings.length === 0; turn++) {
      now.stall(100)
      vi.advanceTimersToNextTimer()
    }
    expect(rings).toStrictEqual(['at 200'])
  })
})

interface Alarms {
  /** The names of those that rang. */
  readonly rings: string[]
  readonly set: (name: string, due: number) => Alarm
}

function alarms(): Alarms {
  const rings: string[] = []
  const set = (name: string, due: number): Alarm => {
    const alarm = new Alarm(() => rings.push(name), queue)
    alarm.set(due)
    return alarm
  }
  return { rings, set }
}
