import { afterEach, beforeEach, expect, test, vi } from 'vitest'
import { WriteHold } from '../../src/clients/routing/write-hold.js'

beforeEach(() => void vi.useFakeTimers())
afterEach(() => void vi.useRealTimers())

const notice = (id: number) => ({ id, candidate: undefined })

test('writes are held while a failover is heard of, and no longer', () => {
  const hold = new WriteHold(3_000, () => {})
  expect(hold.active).toBe(false)
  hold.follow(notice(1))
  expect(hold.active).toBe(true)
  hold.follow(undefined)
  expect(hold.active).toBe(false)
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

test('one failover is one hold: news of it, such as its candidate, makes it no longer', () => {
  const hold = new WriteHold(3_000, () => {})
  hold.follow(notice(1))
  vi.advanceTimersByTime(2_000)
  hold.follow({ id: 1, candidate: { host: 'b', port: 1 } })
  vi.advanceTimersByTime(1_000)
  expect(hold.active).toBe(false)
  hold.follow({ id: 1, candidate: { host: 'c', port: 1 } })
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
