import { expect } from 'vitest'
import { eventually } from '../../src/lab/index.js'
import { expectEager, expectReadsWent, expectSwitched, test } from '../support/failover.js'

test('a failover that was ordered: the cache is on the new primary soon, and never without one', async ({ drill }) => {
  const run = await drill()
  await run.strike(() => run.group.failover())
  await run.switched()
  await eventually(async () =>
    expect(run.cache.topology()).toMatchObject({
      state: 'steady',
      primary: (await run.group.primary()).address,
      epoch: run.changes.at(-1)?.epoch,
    }),
  )
  const outcome = await run.finish()
  expectSwitched(outcome)
  expectReadsWent(outcome)
  expectEager(outcome)
  expect(outcome.writeGap, 'longest pause of writes').toBeLessThanOrEqual(1_000)
})
