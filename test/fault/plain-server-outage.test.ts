import { expect } from 'vitest'
import type { Cache } from '../../src/index.js'
import { eventually, type LabServer } from '../../src/lab/index.js'
import { at, test } from '../support/caches.js'
import { Latencies } from '../support/latencies.js'
import { rejection } from '../support/rejection.js'
import { Stopwatch } from '../support/stopwatch.js'

/** What 99 of 100 calls in a row take at most to reject, and as many reads of a calm server between them, in ms. */
async function refusals(cache: Cache, calm: Cache): Promise<{ readonly refused: number; readonly answered: number }> {
  const [refused, answered] = [new Latencies(), new Latencies()]
  for (let call = 0; call < 200; call++) {
    const { error } = await rejection(refused.time(() => (call % 2 === 0 ? cache.get('k') : cache.set('k', 1))))
    expect(error).toHaveProperty('code', 'E_CONNECTION')
    await answered.time(() => calm.get('k'))
  }
  return { refused: refused.p99(0), answered: answered.p99(0) }
}

test.for<[fault: string, strike: (server: LabServer) => unknown, relieve: (server: LabServer) => unknown]>([
  ['killed', (server) => server.kill(), (server) => server.restart()],
  ['frozen', (server) => server.pause(), (server) => server.resume()],
])(
  'a plain server that is %s: after the first second calls are refused at once, until it is back',
  async ([, strike, relieve], { ownServer, server, make }) => {
    const { cache, calm } = make({ cache: { location: at(ownServer) }, calm: { location: at(server) } })
    await cache.set('k', 1)
    await strike(ownServer)
    await rejection(cache.get('k'))
    await eventually(async () => {
      const startedAt = performance.now()
      await rejection(cache.get('k'))
      return performance.now() - startedAt < 5
    })
    const { refused, answered } = await refusals(cache, calm)
    expect(refused).toBeLessThanOrEqual(5 + answered)
    expect(cache.topology().state).toBe('suspect')
    await relieve(ownServer)
    using watch = new Stopwatch()
    await eventually(() => cache.set('k', 2))
    expect(watch.elapsed()).toBeLessThanOrEqual(1_000)
    expect(cache.topology().state).toBe('steady')
  },
)
