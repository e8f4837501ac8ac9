import { setTimeout as sleep } from 'node:timers/promises'
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest'
import { CommandTimeoutError } from '../../src/errors.js'
import { startStallProbe } from '../../src/lab/traffic/stall-probe.js'
import { startTraffic } from '../../src/lab/traffic/traffic.js'
import { trafficReport, type TrafficCounts } from '../../src/lab/traffic/report.js'

const counts: TrafficCounts = {
  issued: 5,
  succeeded: 4,
  failed: 1,
  unsettled: 0,
  failures: new Map([['E_TIMEOUT', 1]]),
  startedAt: 1_000,
  endedAt: 1_900,
  successTimes: [1_010, 1_020, 1_320, 1_330],
}

describe('a traffic report', () => {
  test('the longest gap is the longest time without a success, the end included', () => {
    expect(trafficReport(counts).longestGap).toBe(570)
    expect(trafficReport({ ...counts, endedAt: 1_340 }).longestGap).toBe(300)
  })

  test('the time before the first success counts', () => {
    expect(trafficReport({ ...counts, startedAt: 500, endedAt: 1_340 }).longestGap).toBe(510)
  })

  test('without any success everything is one gap', () => {
    expect(trafficReport({ ...counts, successTimes: [] }).longestGap).toBe(900)
  })

  test('a gap that is not over at the mark counts as a whole, one that is over does not', () => {
    const report = trafficReport({ ...counts, endedAt: 1_340 })
    expect(report.longestGapSince(1_025)).toBe(300)
    expect(report.longestGapSince(1_320)).toBe(10)
  })

  test('a moment is followed by its first success, or by none', () => {
    const report = trafficReport(counts)
    expect(report.firstSuccessAfter(1_020)).toBe(1_320)
    expect(report.gapAfter(1_020)).toBe(300)
    expect(report.firstSuccessAfter(1_330)).toBeUndefined()
    expect(report.gapAfter(1_400)).toBe(500)
  })
})

describe('traffic', () => {
  beforeEach(() => {
    vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout', 'performance'] })
  })
  afterEach(() => {
    vi.useRealTimers()
  })

  test('is issued on a fixed schedule, without drift', async () => {
    const numbers: number[] = []
    const traffic = startTraffic({ rate: 300, operation: async (n) => numbers.push(n) })
    await vi.advanceTimersByTimeAsync(10_000)
    expect(traffic.issued).toBeGreaterThanOrEqual(3_000)
    expect(traffic.issued).toBeLessThanOrEqual(3_001)
    expect(numbers).toEqual(Array.from({ length: traffic.issued }, (_, n) => n))
    await traffic.stop()
  })

  test('what a late timer missed is issued at once', async () => {
    const traffic = startTraffic({ rate: 100, operation: async () => {} })
    expect(traffic.issued).toBe(1)
    const late = performance.now() + 500
    vi.spyOn(performance, 'now').mockReturnValue(late)
    await vi.advanceTimersByTimeAsync(10)
    expect(traffic.issued).toBe(51)
    vi.mocked(performance.now).mockRestore()
    await traffic.stop()
  })

  test('does not wait for slow operations before it issues the next', async () => {
    const traffic = startTraffic({ rate: 100, operation: () => new Promise(() => {}) })
    await vi.advanceTimersByTimeAsync(1_000)
    expect(traffic.unsettled).toBe(traffic.issued)
    const stopped = traffic.stop({ settleWithin: 500 })
    await vi.advanceTimersByTimeAsync(500)
    const report = await stopped
    expect(report.unsettled).toBe(report.issued)
    expect(report.issued).toBeGreaterThanOrEqual(100)
  })

  test('stop waits for what is outstanding', async () => {
    const traffic = startTraffic({ rate: 100, operation: () => settledAfter(300) })
    await vi.advanceTimersByTimeAsync(1_000)
    expect(traffic.unsettled).toBeGreaterThan(20)
    const stopped = traffic.stop()
    await vi.advanceTimersByTimeAsync(300)
    const { issued, succeeded, unsettled } = await stopped
    expect({ succeeded, unsettled }).toEqual({ succeeded: issued, unsettled: 0 })
  })

  test('failures are counted by code and reported one by one, thrown ones too', async () => {
    const failed: number[] = []
    const traffic = startTraffic({
      rate: 100,
      operation: (n) => {
        if (n % 2 === 1) throw new TypeError('odd')
        return Promise.reject(new CommandTimeoutError('GET', 1, true))
      },
      onFailure: (_error, n) => failed.push(n),
    })
    await vi.advanceTimersByTimeAsync(95)
    const report = await traffic.stop()
    expect(report).toMatchObject({ issued: 10, succeeded: 0, failed: 10, unsettled: 0 })
    expect(report.failures).toEqual(
      new Map([
        ['E_TIMEOUT', 5],
        ['TypeError', 5],
      ]),
    )
    expect(failed).toHaveLength(10)
  })

  test('nothing is issued after stop', async () => {
    const traffic = startTraffic({ rate: 1_000, operation: async () => {} })
    await vi.advanceTimersByTimeAsync(50)
    const { issued } = await traffic.stop()
    await vi.advanceTimersByTimeAsync(1_000)
    expect(traffic.issued).toBe(issued)
    expect(vi.getTimerCount()).toBe(0)
  })
})

describe('a stall probe', () => {
  test('sees how long the event loop stood still, and when', async () => {
    const probe = startStallProbe()
    await sleep(20)
    const begun = performance.now()
    block(60)
    expect(probe.longestStall).toBeGreaterThan(40)
    const over = performance.now()
    expect(probe.longestStallSince(over)).toBeLessThan(40)
    expect(probe.longestStallSince(begun)).toBeGreaterThan(40)
    probe.stop()
  })
})

function settledAfter(time: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, time))
}

function block(time: number): void {
  const end = performance.now() + time
  while (performance.now() < end);
}
