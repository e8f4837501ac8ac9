import { afterEach, beforeEach, expect, test, vi } from 'vitest'
import { Outage } from '../../src/clients/routing/outage.js'

beforeEach(() => void vi.useFakeTimers())
afterEach(() => void vi.useRealTimers())

test('lasts once nothing has worked for the whole time', () => {
  const began = vi.fn<() => void>()
  const outage = new Outage(1_000, began)
  outage.update(true)
  vi.advanceTimersByTime(999)
  expect([outage.lasting, began.mock.calls.length]).toStrictEqual([false, 0])
  outage.update(true)
  vi.advanceTimersByTime(1)
  expect([outage.lasting, began.mock.calls.length]).toStrictEqual([true, 1])
})

test('begins anew when something worked in between', () => {
  const outage = new Outage(1_000, () => {})
  outage.update(true)
  vi.advanceTimersByTime(900)
  outage.update(false)
  outage.update(true)
  vi.advanceTimersByTime(900)
  expect(outage.lasting).toBe(false)
})

test('is over as soon as something works', () => {
  const outage = new Outage(1_000, () => {})
  outage.update(true)
  vi.advanceTimersByTime(1_000)
  outage.update(false)
  expect([outage.lasting, vi.getTimerCount()]).toStrictEqual([false, 0])
})
