import { expect } from 'vitest'
import { expectReadsWent, expectSwitched, test, type Drill } from '../support/failover.js'

test('a planned failover under 1,000 writes a second loses none, fails none, and holds them for a second at most', async ({
  drill,
}) => {
  await expectNothingLost(await drill({ group: { downAfter: 3_000 }, writeRate: 1_000 }))
})

test('nor does it where a primary needs a replica to accept writes, and has none at first', async ({ drill }) => {
  const config = { 'min-replicas-to-write': '1' }
  await expectNothingLost(await drill({ group: { downAfter: 3_000, config }, writeRate: 200 }), 2_000)
})

/** @param longest for how long writes may pause, in ms */
async function expectNothingLost(run: Drill, longest = 1_000): Promise<void> {
  await run.strike(() => run.group.failover())
  await run.switched()
  const outcome = await run.finish()
  expect(outcome.writes.succeeded, 'acknowledged writes').toBeGreaterThan(300)
  expect(outcome.lostAt, 'acknowledged writes that were lost').toEqual([])
  const failures = [outcome.reads, outcome.ownReads, outcome.writes].map((report) =>
    Object.fromEntries(report.failures),
  )
  expect(failures, 'failed reads, own reads and writes').toEqual([{}, {}, {}])
  expect(outcome.writeGap, 'longest pause of writes').toBeLessThanOrEqual(longest)
  expectSwitched(outcome)
  expectReadsWent(outcome)
}
