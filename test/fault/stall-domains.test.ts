import { expect } from 'vitest'
import { eventually, startStallProbe, startTraffic, type LabServer } from '../../src/lab/index.js'
import { at, test, under } from '../support/caches.js'
import { startControl } from '../support/control.js'
import { Latencies } from '../support/latencies.js'

test.for<[what: string, away: (replica: LabServer) => unknown]>([
  ['killed', (replica) => replica.kill()],
  ['frozen', (replica) => replica.pause()],
])('writes take as long as before when all replicas are %s', async ([, away], { lab, plain, make }) => {
  const group = await lab.group({ steady: false })
  const { cache, untouched } = make({ cache: under(group), untouched: { location: at(plain) } })
  const probe = startStallProbe()
  const [times, control] = [new Latencies(probe), startControl(untouched, probe)]
  await cache.set('k', 1)
  await cache.get('other')
  const startedAt = performance.now()
  const reads = startTraffic({ rate: 400, operation: () => cache.get('other') })
  const writes = startTraffic({ rate: 400, operation: (n) => times.time(() => cache.set(`k${n}`, n)) })
  await eventually(() => writes.succeeded > 200)
  const struckAt = performance.now()
  await Promise.all((await group.replicas()).map(away))
  await eventually(() => writes.succeeded > 600)
  const [{ failures, unsettled }, { failures: unread }] = [await writes.stop(), await reads.stop()]
  await control.stop()
  probe.stop()
  const [before, after, machine] = [times.p99(startedAt, struckAt), times.p99(struckAt), control.times.p99(struckAt)]
  const others = `that of an untouched server ${machine.toFixed(1)} ms`
  console.info(`p99 of writes: ${before.toFixed(1)} ms before, ${after.toFixed(1)} ms after, ${others}`)
  expect({ failures: [...failures], unread: [...unread], unsettled }).toEqual({
    failures: [],
    unread: [],
    unsettled: 0,
  })
  expect(after).toBeLessThanOrEqual(before + machine + 25)
})
