import { expectUnnoticed, test } from '../support/failover.js'

test('nobody notices that all sentinels froze', async ({ drill }) => {
  const run = await drill()
  await run.strike(() => run.group.sentinels.forEach((sentinel) => sentinel.pause()))
  await run.goOn(600)
  expectUnnoticed(await run.finish())
})
