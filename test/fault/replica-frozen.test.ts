import { expectUnnoticed, test } from '../support/failover.js'

test('nobody notices that a replica froze', async ({ drill }) => {
  const run = await drill()
  const [replica] = await run.group.replicas()
  await run.strike(() => replica?.pause())
  await run.goOn(300)
  expectUnnoticed(await run.finish())
})
