import { getEventListeners } from 'node:events'
import { afterEach, beforeEach, expect, test, vi } from 'vitest'
import { Waiters } from '../../src/connection/waiters.js'
import { manualQueue, queueTimers } from '../support/manual-queue.js'

let waiters: Waiters<string>
let pass: (ms: number) => void

beforeEach(() => {
  vi.useFakeTimers(queueTimers)
  const manual = manualQueue()
  pass = manual.pass
  waiters = new Waiters((waited) => new Error(`late after ${waited}`), manual.queue)
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

test('one is served at a time, the oldest first; who was refused takes no place', async () => {
  const controller = new AbortController()
  const order: string[] = []
  const wait = (name: string, signal?: AbortSignal): Promise<unknown> =>
    waiters.wait({ deadline: 100, signal }).then(
      (value) => order.push(name + value),
      () => order.push(`${name} left`),
    )
  const waits = [wait('a'), wait('b', controller.signal), wait('c')]
  controller.abort()
  expect([waiters.size, waiters.serveOne('1'), waiters.serveOne('2'), waiters.serveOne('3')]).toStrictEqual([
    2,
    true,
    true,
    false,
  ])
  await Promise.all(waits)
  expect(order.sort()).toStrictEqual(['a1', 'b left', 'c2'])
})

test('who is served does not expire', async () => {
  const wait = waiters.wait({ deadline: 50 })
  waiters.serve('here')
  pass(200)
  expect(await wait).toBe('here')
})
