import { expect } from 'vitest'
import { eventually, startTraffic } from '../../src/lab/index.js'
import { test } from '../support/failover.js'
import { bytesHeld, MiB } from '../support/heap.js'

const outage = 5_000

test('a total outage at 5,000 operations a second: bounded memory, everything settles, recovery is noticed', async ({
  drill,
}) => {
  const run = await drill()
  const servers = [...run.group.nodes, ...run.group.sentinels]
  const before = await bytesHeld()
  await run.strike(() => servers.forEach((server) => server.pause()))
  const writes = startTraffic({ rate: 2_500, operation: (n) => run.cache.set(`outage:${n}`, n) })
  const reads = startTraffic({ rate: 2_500, operation: (n) => run.cache.get(`settled:${n % 500}`) })
  const startedAt = performance.now()
  await eventually(() => performance.now() - startedAt > outage)
  const during = (await bytesHeld()) - before
  servers.forEach((server) => server.resume())
  const resumedAt = performance.now()
  await eventually(() => reads.report().firstSuccessAfter(resumedAt) !== undefined)
  await eventually(() => writes.report().firstSuccessAfter(resumedAt) !== undefined, { timeout: 30_000 })
  const recoveredIn = performance.now() - resumedAt
  const reports = await Promise.all([reads.stop(), writes.stop()])
  console.info(
    `outage: held ${(during / MiB).toFixed(1)} MiB more; back after ${Math.round(recoveredIn)} ms; ${reports.map(({ issued, failures }) => `${issued} issued, failed: ${JSON.stringify([...failures])}`).join('; ')}`,
  )
  expect(reports.map(({ unsettled }) => unsettled)).toEqual([0, 0])
  await run.goOn(50)
  await run.finish()
  expect((await bytesHeld()) - before).toBeLessThanOrEqual(20 * MiB)
})
