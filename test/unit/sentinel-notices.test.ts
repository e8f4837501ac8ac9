import { afterEach, beforeEach, expect, test, vi } from 'vitest'
import type { FailoverLog } from '../../src/topology/sentinel/failover.js'
import { FailoverNotices } from '../../src/topology/sentinel/notices.js'

beforeEach(() => void vi.useFakeTimers())
afterEach(() => void vi.useRealTimers())

const [primary, candidate] = [node(1), node(2)]
const clock = { now: () => Date.now() }

test('a failover of the primary is one notice for as long as it is heard of', () => {
  const notices = new FailoverNotices(clock, () => {})
  notices.update(primary, [leading({ candidate: undefined })])
  const first = notices.current
  expect(first).toMatchObject({ candidate: undefined, coordinated: false })
  notices.update(primary, [leading({})])
  const second = notices.current
  expect(second).toStrictEqual({ id: first?.id, candidate, coordinated: false })
  notices.update(primary, [leading({ candidate: undefined })])
  expect(notices.current, 'the candidate is not forgotten').toBe(second)
  notices.update(primary, [])
  expect(notices.current).toBeUndefined()
  notices.update(primary, [leading({})])
  expect(notices.current?.id, 'the next one').not.toBe(first?.id)
})

test('a coordinated one stays a notice about its outcome until its leader says that it is over', () => {
  const notices = new FailoverNotices(clock, () => {})
  const logs = [leading({ coordinated: true })]
  notices.update(primary, logs)
  const before = notices.current
  notices.clear()
  notices.update(candidate, logs)
  expect(notices.current).toMatchObject({ candidate, coordinated: true })
  expect(notices.current?.id).not.toBe(before?.id)
  notices.update(candidate, [])
  expect(notices.current).toBeUndefined()
})

test('a plain one is none about its outcome', () => {
  const notices = new FailoverNotices(clock, () => {})
  notices.update(candidate, [leading({})])
  expect(notices.current).toBeUndefined()
})

test('an alarm is a notice for 150 ms at most, or until the sentinels were asked', () => {
  const ended = vi.fn<() => void>()
  const notices = new FailoverNotices(clock, ended)
  notices.raiseAlarm()
  notices.update(primary, [])
  expect(notices.current).toMatchObject({ candidate: undefined })
  vi.advanceTimersByTime(149)
  expect([notices.alarmedAt !== undefined, ended.mock.calls.length]).toStrictEqual([true, 0])
  vi.advanceTimersByTime(1)
  expect([notices.alarmedAt, ended.mock.calls.length]).toStrictEqual([undefined, 1])
  notices.raiseAlarm()
  notices.endAlarm()
  notices.update(primary, [])
  expect([notices.current, vi.getTimerCount(), ended.mock.calls.length]).toStrictEqual([undefined, 0, 1])
})

/** What a sentinel that leads a failover of the primary said. */
function leading(own: Partial<NonNullable<FailoverLog['failover']>>): FailoverLog {
  return { epoch: 1, failover: { from: '10.0.0.1:6379', epoch: 1, candidate, coordinated: false, ...own } }
}

function node(last: number): { readonly host: string; readonly port: number } {
  return { host: `10.0.0.${last}`, port: 6379 }
}
