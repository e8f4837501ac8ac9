import { expect } from 'vitest'
import { eventually } from '../../src/lab/index.js'
import { expectEager, expectOnlyInterrupted, expectOthersUnnoticed, test } from '../support/cluster-drill.js'

test('a frozen primary: writes are back with its replacement, reads go on, and what it says when it wakes counts for nothing', async ({
  cluster,
  drill,
}) => {
  const run = await drill(cluster, { config: { 'cluster-require-full-coverage': 'no' } })
  await run.strike(() => run.primary.pause())
  await run.switched()
  run.primary.resume()
  await eventually(async () => ((await run.primary.command('ROLE')) as unknown[])[0] === 'slave')
  await run.goOn(30)
  const outcome = await run.finish()
  expectEager(outcome)
  expectOnlyInterrupted(outcome)
  expectOthersUnnoticed(outcome)
  expect(outcome.gaps.reads, 'longest pause of reads of the shard').toBeLessThanOrEqual(150)
  const late = outcome.lostAt.filter((at) => at > outcome.faultAt + 50 + outcome.machine)
  expect(late, 'acknowledged after the freeze and lost').toEqual([])
})
