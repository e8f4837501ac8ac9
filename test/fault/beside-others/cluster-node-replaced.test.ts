import { expect } from 'vitest'
import type { Cache } from '../../../src/index.js'
import { eventually } from '../../../src/lab/index.js'
import { expectOthersUnnoticed, expectServed, test } from '../../support/cluster-drill.js'

test('a primary is replaced by a new node at another address: nobody notices, and the old address is forgotten', async ({
  cluster,
  drill,
}) => {
  const run = await drill(cluster)
  await run.strike(async () => {
    const replacement = await cluster.addNode({ replicaOf: run.primary })
    await replacement.command('CLUSTER', 'FAILOVER')
    await eventually(async () => (await cluster.primaries()).includes(replacement), { timeout: 15_000 })
    await cluster.settled()
    await cluster.removeNode(run.primary)
    await eventually(() => expect(primariesIn(run.cache)).toContain(replacement.address))
  })
  await run.goOn(50)
  await eventually(() => expect(addressesIn(run.cache)).not.toContain(run.primary.address))
  const outcome = await run.finish()
  expectServed(outcome)
  expectOthersUnnoticed(outcome)
})

function primariesIn(cache: Cache): readonly (string | undefined)[] {
  return cache.topology().shards.map(({ primary }) => primary)
}

function addressesIn(cache: Cache): readonly string[] {
  return cache.topology().nodes.map(({ address }) => address)
}
