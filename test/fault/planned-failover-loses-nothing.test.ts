import { setTimeout as sleep } from 'node:timers/promises'
import { expect } from 'vitest'
import { eventually, type LabServer } from '../../src/lab/index.js'
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

test('nor does it where the sentinel is in TILT mode, and goes on with the failover after the first hold is over', async ({
  drill,
}) => {
  const run = await drill({ group: { downAfter: 3_000 }, cache: { holdTimeout: 300 } })
  const [leader] = run.group.sentinels as [LabServer]
  await leader.command('SENTINEL', 'DEBUG', 'tilt-trigger', 500, 'tilt-period', 2_000)
  leader.pause()
  await sleep(700)
  leader.resume()
  await eventually(async () => /sentinel_tilt:1/.test(String(await leader.command('INFO', 'sentinel'))))
  await run.strike(() => run.group.failover())
  await run.switched()
  expect((await run.finish()).lostAt, 'acknowledged writes that were lost').toEqual([])
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
