import { expect } from 'vitest'
import { expectEager, expectReadsWent, expectSwitched, test } from '../support/failover.js'

test('a frozen primary: writes are back as soon as the candidate is primary, before it is announced; reads go on', async ({
  drill,
}) => {
  const run = await drill()
  await run.strike(() => run.primary.pause())
  await run.switched()
  const outcome = await run.finish()
  expectEager(outcome)
  expectSwitched(outcome)
  expectReadsWent(outcome)
  expect(outcome.ownReadGap, 'longest pause of reads of own writes').toBeLessThanOrEqual(100)
})
