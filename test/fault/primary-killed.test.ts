import { expectEager, expectReadsWent, expectSwitched, test } from '../support/failover.js'

test('a killed primary: writes are back as soon as the candidate is primary, before it is announced; reads go on', async ({
  drill,
}) => {
  const run = await drill()
  await run.strike(() => run.primary.kill())
  await run.switched()
  const outcome = await run.finish()
  expectEager(outcome)
  expectSwitched(outcome)
  expectReadsWent(outcome)
})
