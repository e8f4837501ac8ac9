import { expect } from 'vitest'
import { expectReadsWent, expectSwitched, test } from '../support/failover.js'

test('a planned failover under 1,000 writes a second loses none, fails none, and holds them for a second at most', async ({
  drill,
}) => {
  const run = await drill({ group: { downAfter: 3_000 }, writeRate: 1_000 })
  await run.strike(() => run.group.failover())
  await run.switched()
  const outcome = await run.finish()
  expect(outcome.writes.succeeded, 'acknowledged writes').toBeGreaterThan(1_000)
  expect(outcome.lostAt, 'acknowledged writes that were lost').toEqual([])
  const failures = [outcome.reads, outcome.ownReads, outcome.writes].map((report) =>
    Object.fromEntries(report.failures),
  )
  expect(failures, 'failed reads, own reads and writes').toEqual([{}, {}, {}])
  expect(outcome.writeGap, 'longest pause of writes').toBeLessThanOrEqual(1_000)
  expectSwitched(outcome)
  expectReadsWent(outcome)
})
