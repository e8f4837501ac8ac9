import { expectUnnoticed, test } from '../support/failover.js'

test('nobody notices that a replica was killed', async ({ drill }) => {
  const run = await drill()
  const [replica] = await run.group.replicas()
  await run.strike(() => replica?.kill())
  await run.goOn(300)
  expectUnnoticed(await run.finish())
})
