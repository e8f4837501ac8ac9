import { expect } from 'vitest'
import { expectServed, test } from '../support/cluster-drill.js'

test('a planned failover under 1,000 writes a second loses none and fails none, in either direction', async ({
  cluster,
  drill,
}) => {
  const run = await drill(cluster, { writeRate: 500 })
  const changes: (number | undefined)[] = []
  run.cache.on('primary-changed', ({ shard }) => changes.push(shard))
  await run.strike(() => run.cluster.failover(0))
  await run.switched()
  await run.cluster.failover(0)
  await run.goOn(200)
  const outcome = await run.finish()
  expectServed(outcome)
  expect(outcome.reports.writes.succeeded + outcome.reports.otherWrites.succeeded).toBeGreaterThan(600)
  expect(changes, 'shards whose primary changed').toEqual([0, 0])
})
