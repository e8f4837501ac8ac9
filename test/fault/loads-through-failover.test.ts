import { setTimeout as sleep } from 'node:timers/promises'
import { expect } from 'vitest'
import { eventually, startStallProbe } from '../../src/lab/index.js'
import { downAfter } from '../support/failover.js'
import { test, under } from '../support/caches.js'
import { refusals } from '../support/refusals.js'

/** What one request to the application came to. */
interface Request {
  readonly key: string
  readonly begun: number
  readonly took: number
}

test('cold keys are loaded and handed over while the primary is being replaced, and kept after it', async ({
  lab,
  make,
}) => {
  const group = await lab.group({ downAfter, config: { 'min-replicas-to-write': '1' } })
  // Where no sentinel gets a majority, they try again after twice their failover-timeout of 5 s.
  const { cache } = make({ cache: under(group, { writeDeadline: '30s' }) })
  await cache.set('there', 1)
  const probe = startStallProbe()
  const requests: Promise<Request>[] = []
  const request = async (key: string): Promise<Request> => {
    const begun = performance.now()
    expect(await cache.getOrSet(key, () => sleep(5, { key }))).toStrictEqual({ key })
    return { key, begun, took: performance.now() - begun }
  }
  const traffic = setInterval(() => requests.push(request(`k${requests.length}`)), 5)
  const primary = await group.primary()
  const killed = performance.now()
  await primary.kill()
  // The control: a write that begins with the fault ends when a new primary takes writes.
  await cache.set('control', 1)
  const pause = performance.now() - killed
  clearInterval(traffic)
  const all = await Promise.all(requests)
  const longest = Math.max(...all.map(({ took }) => took))
  expect(longest - probe.longestStallSince(killed)).toBeLessThan(pause / 2)
  const late = all.filter(({ begun }) => begun > killed + pause / 2).map(({ key }) => key)
  // A new primary without replicas refuses writes for a second: what waits is not sent to it again and again.
  expect(await refusals(await group.primary(), 'NOREPLICAS')).toBeLessThan(all.length)
  await eventually(async () => (await cache.getMany(late, { readFrom: 'primary' })).size === late.length)
})
