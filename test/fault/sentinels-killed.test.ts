import { expectUnnoticed, test } from '../support/failover.js'

test('nobody notices that all sentinels were killed', async ({ drill }) => {
  const run = await drill()
  await run.strike(() => Promise.all(run.group.sentinels.map((sentinel) => sentinel.kill())))
  await run.goOn(600)
  expectUnnoticed(await run.finish())
})
