import { expectEager, expectReadsWent, expectSwitched, test } from '../support/failover.js'

test('a killed primary: writes are back as soon as the candidate is primary, before it is announced', async ({
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

test('a frozen primary: writes are back as soon as the candidate is primary, before it is announced', async ({
  drill,
}) => {
  const run = await drill()
  await run.strike(() => run.primary.pause())
  await run.switched()
  const outcome = await run.finish()
  expectEager(outcome)
  expectSwitched(outcome)
  expectReadsWent(outcome)
})
