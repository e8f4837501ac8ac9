import { setTimeout as sleep } from 'node:timers/promises'
import { expect } from 'vitest'
import { eventually, startStallProbe, startTraffic } from '../../src/lab/index.js'
import { at, test } from '../support/caches.js'
import { startControl } from '../support/control.js'
import { Latencies } from '../support/latencies.js'

const backoff = 500
const hot = { n: 1 }

test.for<[what: string, load: () => Promise<typeof hot>]>([
  ['takes two seconds', () => sleep(2_000, hot)],
  ['throws', () => Promise.reject(new Error('the database is away'))],
])(
  'a hot key whose loader %s is served from its grace without waiting',
  async ([, load], { ownServer, server, make }) => {
    const options = { location: at(ownServer), grace: '1h', graceBackoff: backoff, onError: () => {} } as const
    const { cache, untouched } = make({ cache: options, untouched: { location: at(server) } })
    await cache.getOrSet('hot', () => hot, { ttl: 1, waitForWrite: true })
    await untouched.set('k', 1)
    const probe = startStallProbe()
    const control = startControl(untouched, probe)
    const times = new Latencies(probe)
    const loads: number[] = []
    const loader = (): Promise<typeof hot> => {
      loads.push(performance.now())
      return load()
    }
    const traffic = startTraffic({
      rate: 200,
      operation: async () =>
        expect(await times.time(() => cache.getOrSet('hot', loader, { ttl: 1 }))).toStrictEqual(hot),
    })
    await eventually(() => loads.length > 1 && traffic.succeeded > 400, { timeout: 20_000 })
    const { failed } = await traffic.stop()
    await control.stop()
    expect(failed).toBe(0)
    expect(times.p99(0)).toBeLessThanOrEqual(20 + control.times.p99(0))
    for (const [n, begun] of loads.slice(1).entries())
      expect(begun - (loads[n] as number)).toBeGreaterThanOrEqual(backoff - 1)
  },
)

test('while the server is frozen, a cold key is loaded after the readDeadline, and 1,000 callers all have it', async ({
  ownServer,
  server,
  make,
}) => {
  const { cache, untouched } = make({
    cache: { location: at(ownServer), grace: '1h', onError: () => {} },
    untouched: { location: at(server) },
  })
  await Promise.all([cache.ping(), untouched.set('k', 1)])
  const probe = startStallProbe()
  const control = startControl(untouched, probe)
  ownServer.pause()
  const begun = performance.now()
  const [loaderTime, readDeadline] = [50, 1_000]
  let loads = 0
  const loader = async (): Promise<{ n: number }> => {
    loads++
    return sleep(loaderTime, { n: 1 })
  }
  const all = await Promise.all(Array.from({ length: 1_000 }, () => cache.getOrSet('cold', loader)))
  const took = performance.now() - begun - probe.stalledWithin(begun, performance.now())
  await control.stop()
  expect(all).toStrictEqual(Array(1_000).fill({ n: 1 }))
  expect(took).toBeLessThanOrEqual(readDeadline + loaderTime + 50 + 2 * control.pauseSince(begun))
  expect(loads).toBe(1)
  cache.destroy()
})
