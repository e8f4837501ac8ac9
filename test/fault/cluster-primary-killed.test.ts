import { expect } from 'vitest'
import { expectEager, expectOnlyInterrupted, expectOthersUnnoticed, test } from '../support/cluster-drill.js'

test('a killed primary where other shards go on without its slots: they do not notice, and reads of its own go on', async ({
  cluster,
  drill,
}) => {
  const run = await drill(cluster, { config: { 'cluster-require-full-coverage': 'no' } })
  await run.strike(() => run.primary.kill())
  await run.switched()
  const outcome = await run.finish()
  expectEager(outcome)
  expectOnlyInterrupted(outcome)
  expectOthersUnnoticed(outcome)
  expect(outcome.gaps.reads, 'longest pause of reads of the shard').toBeLessThanOrEqual(150)
})

test('a killed primary in a cluster as it comes: nobody waits longer than the nodes themselves refuse', async ({
  cluster,
  drill,
}) => {
  const run = await drill(cluster, {
    config: { 'cluster-require-full-coverage': 'yes' },
    cache: { readDeadline: '10s', writeDeadline: '10s' },
  })
  await run.strike(() => run.primary.kill())
  await run.switched()
  const outcome = await run.finish()
  expectEager(outcome)
  expectOnlyInterrupted(outcome)
  expect(outcome.refusal, 'the nodes’ own refusal').toBeGreaterThan(0)
  const { reads, otherReads, otherWrites } = outcome.gaps
  expect(Math.max(reads, otherReads, otherWrites)).toBeLessThanOrEqual(outcome.refusal + 100)
})
