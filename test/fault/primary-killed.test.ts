import { downAfter, expectReadsWent, expectSwitched, test } from '../support/failover.js'

test('a killed primary: writes are back soon after the sentinels named another, reads go on', async ({ drill }) => {
  const run = await drill()
  await run.strike(() => run.primary.kill())
  await run.switched()
  const outcome = await run.finish()
  expectSwitched(outcome, { within: downAfter + 1_500 })
  expectReadsWent(outcome)
})
