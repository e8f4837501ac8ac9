import { expectEager, expectReadsWent, expectSwitched, test } from '../support/failover.js'

test('with the first sentinel frozen all along a killed primary is replaced as without', async ({ drill }) => {
  const run = await drill({ before: ({ sentinels }) => sentinels[0]?.pause() })
  await run.strike(() => run.primary.kill())
  await run.switched()
  const outcome = await run.finish()
  expectEager(outcome)
  expectSwitched(outcome)
  expectReadsWent(outcome)
})

test('with the first sentinel frozen a moment before a killed primary is replaced as without', async ({ drill }) => {
  const run = await drill()
  run.group.sentinels[0]?.pause()
  await run.goOn(20)
  await run.strike(() => run.primary.kill())
  await run.switched()
  const outcome = await run.finish()
  expectEager(outcome)
  expectSwitched(outcome)
  expectReadsWent(outcome)
})
