import { expect } from 'vitest'
import { downAfter, expectReadsWent, expectSwitched, test } from '../support/failover.js'

test('a frozen primary: writes are back soon after the sentinels named another, reads go on', async ({ drill }) => {
  const run = await drill()
  await run.strike(() => run.primary.pause())
  await run.switched()
  const outcome = await run.finish()
  expectSwitched(outcome, { within: downAfter + 2_800 })
  expectReadsWent(outcome)
  expect(outcome.ownReadGap, 'longest pause of reads of own writes').toBeLessThanOrEqual(100)
})
