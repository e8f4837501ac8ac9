import { expectServed, test } from '../../support/failover.js'

test('every read succeeds when all replicas were killed', async ({ drill }) => {
  const run = await drill()
  const replicas = await run.group.replicas()
  await run.strike(() => Promise.all(replicas.map((replica) => replica.kill())))
  await run.goOn(300)
  expectServed(await run.finish())
})
