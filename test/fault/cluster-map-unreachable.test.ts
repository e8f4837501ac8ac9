import { expect } from 'vitest'
import type { LabCluster, LabServer } from '../../src/lab/index.js'
import { expectEager, expectOnlyInterrupted, expectServed, test } from '../support/cluster-drill.js'

const user = { username: 'app', password: 'secret' }

test('no node tells the map any more: calls go on, through a planned failover and a reshard', async ({
  cluster,
  drill,
}) => {
  await allow(cluster, '+@all')
  const run = await drill(cluster, { cache: user })
  await run.strike(() => allow(cluster, '-cluster'))
  await cluster.failover(0)
  await run.switched()
  const [from, to] = (await cluster.primaries()) as [LabServer, LabServer]
  await cluster.reshard({ slots: 50, from, to })
  await run.goOn(50)
  expectServed(await run.finish())
})

test('a primary is killed meanwhile: its replacement is found all the same', async ({ cluster, drill }) => {
  await allow(cluster, '+@all')
  const run = await drill(cluster, { cache: user, config: { 'cluster-require-full-coverage': 'no' } })
  await run.strike(async () => {
    await allow(cluster, '-cluster')
    await run.primary.kill()
  })
  await run.switched()
  const outcome = await run.finish()
  expectEager(outcome)
  expectOnlyInterrupted(outcome)
  expect(outcome.gaps.reads, 'longest pause of reads of the shard').toBeLessThanOrEqual(150)
})

/** What the cache's user may do. */
async function allow({ nodes }: LabCluster, rule: string): Promise<void> {
  const { username, password } = user
  for (const node of nodes) await node.command('ACL', 'SETUSER', username, 'on', `>${password}`, '~*', '&*', rule)
}
