import { expect } from 'vitest'
import type { Cache } from '../../src/index.js'
import { eventually, type LabServer } from '../../src/lab/index.js'
import { at, test } from '../support/caches.js'
import { rejection } from '../support/rejection.js'

/** How long each of 200 calls in a row took to reject, in ms, in ascending order. */
async function refusals(cache: Cache): Promise<readonly number[]> {
  const times: number[] = []
  for (let call = 0; call < 200; call++) {
    const startedAt = performance.now()
    const { error } = await rejection(call % 2 === 0 ? cache.get('k') : cache.set('k', 1))
    times.push(performance.now() - startedAt)
    expect(error).toHaveProperty('code', 'E_CONNECTION')
  }
  return times.toSorted((one, other) => one - other)
}

test.for<[fault: string, strike: (server: LabServer) => unknown, relieve: (server: LabServer) => unknown]>([
  ['killed', (server) => server.kill(), (server) => server.restart()],
  ['frozen', (server) => server.pause(), (server) => server.resume()],
])(
  'a plain server that is %s: after the first second calls are refused at once, until it is back',
  async ([, strike, relieve], { ownServer, make }) => {
    const { cache } = make({ cache: { location: at(ownServer) } })
    await cache.set('k', 1)
    await strike(ownServer)
    await rejection(cache.get('k'))
    await eventually(async () => {
      const startedAt = performance.now()
      await rejection(cache.get('k'))
      return performance.now() - startedAt < 5
    })
    const times = await refusals(cache)
    expect(times[Math.floor(times.length * 0.99)]).toBeLessThanOrEqual(5)
    expect(cache.topology().state).toBe('suspect')
    await relieve(ownServer)
    const back = performance.now()
    await eventually(() => cache.set('k', 2))
    expect(performance.now() - back).toBeLessThanOrEqual(1_000)
    expect(cache.topology().state).toBe('steady')
  },
)
