import { expect } from 'vitest'
import { expectServed, test } from '../support/failover.js'

test('every read succeeds when all replicas froze', async ({ drill }) => {
  const run = await drill()
  const replicas = await run.group.replicas()
  await run.strike(() => replicas.forEach((replica) => replica.pause()))
  await run.goOn(300)
  const outcome = await run.finish()
  expectServed(outcome)
  expect(outcome.readGap, 'longest pause of reads').toBeLessThanOrEqual(100)
})
