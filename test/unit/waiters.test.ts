import { getEventListeners } from 'node:events'
import { afterEach, beforeEach, expect, test, vi } from 'vitest'
import { Waiters } from '../../src/connection/waiters.js'

let now = 0
let waiters: Waiters<string>

beforeEach(() => {
  vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout'] })
  now = 0
  waiters = new Waiters({ now: () => now }, (waited) => new Error(`late after ${waited}`))
})
afterEach(() => {
  vi.useRealTimers()
})

test('everybody gets what came, in the order they came', async () => {
  const order: string[] = []
  const waits = ['a', 'b', 'c'].map((name) => waiters.wait({ deadline: 100 }).then((value) => order.push(name + value)))
  waiters.serve('!')
  await Promise.all(waits)
  expect(order).toStrictEqual(['a!', 'b!', 'c!'])
})

test('everybody is refused with the reason, and whoever comes later waits again', async () => {
  const reason = new Error('gone')
  const waits = Promise.allSettled([waiters.wait({ deadline: 100 }), waiters.wait({ deadline: 100 })])
  waiters.fail(reason)
  expect(await waits).toMatchObject([{ reason }, { reason }])
  const later = waiters.wait({ deadline: 100 })
  waiters.serve('here')
  expect(await later).toBe('here')
})

test('each leaves at its own deadline, and no timer is left when nobody waits', async () => {
  const [early, late] = [waiters.wait({ deadline: 50 }), waiters.wait({ deadline: 500 })]
  const refused = early.catch(String)
  pass(80)
  expect(await refused).toMatch(/^Error: late after \d+$/)
  waiters.serve('here')
  expect(await late).toBe('here')
  pass(20)
  expect(vi.getTimerCount()).toBe(0)
})

test('a signal ends the wait with its reason, and no listener is left', async () => {
  const controller = new AbortController()
  const wait = waiters.wait({ deadline: 100, signal: controller.signal })
  controller.abort('had enough')
  await expect(wait).rejects.toBe('had enough')
  const { signal } = new AbortController()
  const served = waiters.wait({ deadline: 100, signal })
  waiters.serve('here')
  await served
  expect(getEventListeners(signal, 'abort')).toHaveLength(0)
})

test('a signal that is aborted already ends the wait at once', async () => {
  await expect(waiters.wait({ deadline: 100, signal: AbortSignal.abort('over') })).rejects.toBe('over')
})

function pass(ms: number): void {
  for (let left = ms; left > 0; left--) {
    now += 1
    vi.advanceTimersByTime(1)
  }
}
