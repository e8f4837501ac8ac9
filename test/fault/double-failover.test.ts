import { expectReadsWent, expectSwitched, test } from '../support/failover.js'

test('two primaries are killed one after the other: each time writes are back soon, and never a step back', async ({
  drill,
}) => {
  // Sentinel starts the second failover no sooner than twice this time after the first. Three replicas: one is left
  // to read from when the second is promoted, which drops its clients a second before the sentinels name it.
  const run = await drill({ group: { failoverTimeout: 1_000, replicas: 3 } })
  await run.strike(() => run.primary.kill())
  await run.switched()
  const next = await run.group.primary()
  await next.kill()
  await run.replaced(next)
  const outcome = await run.finish()
  expectSwitched(outcome)
  expectReadsWent(outcome)
})
