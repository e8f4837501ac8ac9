import { expect } from 'vitest'
import { expectReadsWent, test } from '../support/failover.js'

test('without any message of the sentinels the heartbeat finds a planned failover: 300 ms of writes may be lost', async ({
  drill,
}) => {
  const run = await drill({
    group: { downAfter: 3_000, proxied: true },
    cache: { readFrom: 'primary' },
    writeRate: 1_000,
  })
  for (const { proxy } of run.group.sentinels) proxy.swallow(/.*/, { from: 'clients' })
  await run.strike(() => run.group.failover())
  await run.switched()
  const { lostAt, writes, ...outcome } = await run.finish()
  expect(writes.succeeded, 'acknowledged writes').toBeGreaterThan(1_000)
  const window = lostAt.length === 0 ? 0 : Math.max(...lostAt) - Math.min(...lostAt)
  expect(window - outcome.machine, 'from the first lost write to the last').toBeLessThanOrEqual(300)
  expect(outcome.writeGap, 'longest pause of writes').toBeLessThanOrEqual(1_000)
  expectReadsWent({ ...outcome, lostAt, writes })
})
