import { expect } from 'vitest'
import { test } from '../support/failover.js'

/** How long the primary holds back writes, in ms. */
const paused = 3_000

test('a primary that holds back writes: reads from it go on, and the writes wait for it', async ({ drill }) => {
  // The sentinels' PING waits behind their PUBLISH, which is held back too: with less patience they fail over (findings/pause-under-sentinel.sh).
  const run = await drill({ group: { downAfter: 10_000 }, cache: { readFrom: 'primary' } })
  await run.strike(() => run.primary.command('CLIENT', 'PAUSE', paused, 'WRITE'))
  await run.goOn(100)
  const { reads, writes, changes, lostAt, missed, faultAt } = await run.finish()
  const writeGap = writes.longestGapSince(faultAt)
  expect([...reads.failures], 'failed reads').toEqual([])
  expect([...writes.failures], 'failed writes').toEqual([])
  expect(writeGap, 'longest pause of writes').toBeGreaterThan(paused - 500)
  expect(reads.longestGapSince(writes.startedAt), 'longest pause of reads').toBeLessThan(writeGap / 2)
  expect({ changes, lostAt, missed }).toEqual({ changes: [], lostAt: [], missed: 0 })
})
