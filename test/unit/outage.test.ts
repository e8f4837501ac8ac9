import { afterEach, beforeEach, expect, test, vi } from 'vitest'
import { Outage } from '../../src/clients/routing/outage.js'

beforeEach(() => void vi.useFakeTimers())
afterEach(() => void vi.useRealTimers())

const clock = { now: () => Date.now() }

test('lasts once nothing has worked for the whole time', () => {
  const began = vi.fn<() => void>()
  const outage = new Outage(1_000, clock, began)
  outage.update(clock.now())
  vi.advanceTimersByTime(999)
  expect([outage.lasting, began.mock.calls.length]).toStrictEqual([false, 0])
  outage.update(clock.now())
  vi.advanceTimersByTime(1)
  expect([outage.lasting, began.mock.calls.length]).toStrictEqual([true, 1])
})

test('counts from when the last thing worked, also when that is found out late', () => {
  const outage = new Outage(1_000, clock, () => {})
  outage.update(clock.now() - 700)
  vi.advanceTimersByTime(299)
  expect(outage.lasting).toBe(false)
  vi.advanceTimersByTime(1)
  expect(outage.lasting).toBe(true)
})

test('begins anew when something worked in between', () => {
  const outage = new Outage(1_000, clock, () => {})
  outage.update(clock.now())
  vi.advanceTimersByTime(900)
  outage.update(undefined)
  outage.update(clock.now())
  vi.advanceTimersByTime(900)
  expect(outage.lasting).toBe(false)
})

test('is over as soon as something works', () => {
  const outage = new Outage(1_000, clock, () => {})
  outage.update(clock.now())
  vi.advanceTimersByTime(1_000)
  outage.update(undefined)
  expect([outage.lasting, vi.getTimerCount()]).toStrictEqual([false, 0])
})

test('does not begin in time in which our own loop stood still', () => {
  let stalled = 0
  const outage = new Outage(1_000, { now: () => Date.now() - stalled }, () => {})
  outage.update(Date.now())
  stalled = 700
  vi.advanceTimersByTime(1_699)
  expect(outage.lasting).toBe(false)
  vi.advanceTimersByTime(1)
  expect(outage.lasting).toBe(true)
})
