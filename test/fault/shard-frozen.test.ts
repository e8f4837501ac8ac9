import { expect } from 'vitest'
import { eventually, startStallProbe, startTraffic } from '../../src/lab/index.js'
import { test } from '../support/caches.js'
import { Latencies } from '../support/latencies.js'
import { rejection } from '../support/rejection.js'
import { keyOn, shardsOf } from '../support/shards.js'

test('a shard that is frozen slows down no operation on the others', async ({ lab, make }) => {
  const servers = await Promise.all([lab.server(), lab.server(), lab.server()])
  const [frozen, ...others] = servers
  const calm = await Promise.all([lab.server(), lab.server()])
  const { cache } = make({ cache: shardsOf(servers) })
  const lost = keyOn(cache, servers, frozen)
  const keys = Array.from({ length: 40 }, (_, index) => keyOn(cache, servers, others[index % 2] ?? frozen, index * 10))
  const key = (n: number): string => keys[n % keys.length] as string
  await cache.setMany(Object.fromEntries(keys.map((each) => [each, 1])))
  const ask = (): Promise<unknown> => Promise.all(calm.map((server) => server.command('MGET', ...keys)))
  await Promise.all([cache.get(lost), ask()])
  const probe = startStallProbe()
  const [times, control] = [new Latencies(probe), new Latencies(probe)]
  // No cache uses these servers: what their answers take is the machine's doing alone.
  const beside = startTraffic({ rate: 100, operation: () => control.time(ask) })
  const traffic = [
    startTraffic({ rate: 200, operation: (n) => times.time(() => cache.get(key(n))) }),
    startTraffic({ rate: 200, operation: (n) => times.time(() => cache.set(key(n), n)) }),
    startTraffic({ rate: 100, operation: () => times.time(() => cache.getMany(keys)) }),
  ]
  const succeeded = (): number => traffic.reduce((sum, one) => sum + one.succeeded, 0)
  await eventually(() => succeeded() > 200)
  frozen.pause()
  const frozenAt = performance.now()
  const unserved = startTraffic({ rate: 50, operation: () => rejection(cache.get(lost)) })
  await eventually(() => succeeded() > 1_000)
  const reports = await Promise.all(traffic.map((one) => one.stop()))
  const [after, machine] = [times.p99(frozenAt), control.p99(frozenAt)]
  frozen.resume()
  await unserved.stop()
  await beside.stop()
  probe.stop()
  console.info(`p99 on the other shards: ${after.toFixed(1)} ms, of servers without a cache ${machine.toFixed(1)} ms`)
  for (const { failures, unsettled } of reports)
    expect({ failures: [...failures], unsettled }).toEqual({ failures: [], unsettled: 0 })
  expect(after).toBeLessThanOrEqual(20 + machine)
})
