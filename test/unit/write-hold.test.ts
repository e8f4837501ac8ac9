import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest'
import { WriteHold } from '../../src/clients/routing/write-hold.js'
import { Meter } from '../../src/telemetry/meter.js'

beforeEach(() => void vi.useFakeTimers())
afterEach(() => void vi.useRealTimers())

const primary = { host: 'a', port: 1 }
const candidate = { host: 'b', port: 1 }
const notice = (id: number) => ({ primary, failover: { id, candidate: undefined, coordinated: false } })
const nothing = { primary, failover: undefined }

test('writes are held while a failover is heard of, and no longer', () => {
  const hold = new WriteHold(3_000, () => {})
  expect(hold.active).toBe(false)
  hold.follow(notice(1))
  expect(hold.active).toBe(true)
  hold.follow(nothing)
  expect(hold.active).toBe(false)
})

test('a hold is counted once it is over', () => {
  const holds = new Meter()
  const hold = new WriteHold(3_000, () => {}, holds)
  hold.follow(notice(1))
  expect(holds.stats.latency.count).toBe(0)
  hold.follow(nothing)
  hold.stop()
  expect(holds.stats.latency.count).toBe(1)
})

test('a hold ends by itself after the longest time, and says so once', () => {
  const released = vi.fn<() => void>()
  const hold = new WriteHold(3_000, released)
  hold.follow(notice(1))
  vi.advanceTimersByTime(2_999)
  expect([hold.active, released.mock.calls.length]).toStrictEqual([true, 0])
  vi.advanceTimersByTime(1)
  expect([hold.active, released.mock.calls.length]).toStrictEqual([false, 1])
})

test('a failover that names its candidate long after it was announced is a hold of its own: only then it goes on', () => {
  const hold = new WriteHold(3_000, () => {})
  hold.follow(notice(1))
  vi.advanceTimersByTime(3_000)
  expect([hold.active, hold.reason]).toStrictEqual([false, undefined])
  hold.follow({ primary, failover: { id: 1, candidate, coordinated: false } })
  expect([hold.active, hold.reason]).toStrictEqual([true, 'replaced'])
})

test('further news of a failover makes its hold no longer', () => {
  const hold = new WriteHold(3_000, () => {})
  hold.follow({ primary, failover: { id: 1, candidate, coordinated: false } })
  vi.advanceTimersByTime(3_000)
  hold.follow({ primary, failover: { id: 1, candidate: { host: 'c', port: 1 }, coordinated: false } })
  expect(hold.active).toBe(false)
})

test('the next failover is a hold of its own', () => {
  const hold = new WriteHold(3_000, () => {})
  hold.follow(notice(1))
  vi.advanceTimersByTime(3_000)
  hold.follow(notice(2))
  expect(hold.active).toBe(true)
})

test('none at all with 0', () => {
  const hold = new WriteHold(0, () => {})
  hold.follow(notice(1))
  expect(hold.active).toBe(false)
  expect(vi.getTimerCount()).toBe(0)
})

test('stopped, it leaves no timer', () => {
  const hold = new WriteHold(3_000, () => {})
  hold.follow(notice(1))
  hold.stop()
  expect([hold.active, vi.getTimerCount()]).toStrictEqual([false, 0])
})

describe('in a coordinated failover', () => {
  const paused = { primary, failover: { id: 1, candidate, coordinated: true } }
  const promoted = { primary: candidate, failover: { id: 2, candidate, coordinated: true } }

  test('writes are held for as long as the primary is paused, however long', () => {
    const released = vi.fn<() => void>()
    const hold = new WriteHold(3_000, released)
    hold.follow(paused)
    vi.advanceTimersByTime(60_000)
    expect([hold.reason, released.mock.calls.length]).toStrictEqual(['paused', 0])
  })

  test('that turns out to be one when the hold is over, they are held again', () => {
    const hold = new WriteHold(3_000, () => {})
    hold.follow(notice(1))
    vi.advanceTimersByTime(3_000)
    expect(hold.active).toBe(false)
    hold.follow(paused)
    expect(hold.reason).toBe('paused')
  })

  test('they go to the new primary once it has dropped its clients', () => {
    const released = vi.fn<() => void>()
    const hold = new WriteHold(3_000, released)
    hold.follow(paused)
    hold.follow(promoted)
    expect(hold.reason).toBe('dropping')
    hold.release()
    hold.release()
    hold.follow(promoted)
    expect([hold.active, released.mock.calls.length]).toStrictEqual([false, 1])
  })

  test('or when the sentinels say that it is over, or after the longest time', () => {
    const hold = new WriteHold(3_000, () => {})
    hold.follow(promoted)
    hold.follow({ primary: candidate, failover: undefined })
    expect(hold.active).toBe(false)
    hold.follow({ ...promoted, failover: { ...promoted.failover, id: 3 } })
    vi.advanceTimersByTime(3_000)
    expect(hold.active).toBe(false)
  })
})
