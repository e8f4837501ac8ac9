import { expect } from 'vitest'
import { eventually, type LabCluster, type LabServer } from '../../../src/lab/index.js'
import { expectOnlyInterrupted, test as base } from '../../support/cluster-drill.js'
import { startWay, type Way } from '../../support/way.js'

const test = base.extend('cluster', { scope: 'file' }, ({ lab }) => lab.cluster({ replicas: 0, nodeTimeout: 1_000 }))

test('every node moves to another address, one after the other, so that no seed leads anywhere: calls go on', async ({
  cluster,
  drill,
  onTestFinished,
}) => {
  const ways = new Map<LabServer, Way>()
  onTestFinished(async () => void (await Promise.all([...ways.values()].map((way) => way[Symbol.asyncDispose]()))))
  for (const node of cluster.nodes) ways.set(node, await announce(node, cluster))
  const location = [...ways.values()].map((way) => way.location)
  const addressOf = (node: LabServer): string => new URL((ways.get(node) as Way).location).host
  const run = await drill(cluster, { cache: { location, readDeadline: '5s' }, addressOf })
  const seeds = cluster.nodes.map(addressOf)
  await run.strike(async () => {
    for (const [node, old] of ways) {
      ways.set(node, await announce(node, cluster))
      await old[Symbol.asyncDispose]()
      await eventually(() =>
        expect(run.cache.topology().shards.map(({ primary }) => primary)).toContain(addressOf(node)),
      )
    }
  })
  expect(run.cache.topology().nodes.filter(({ address }) => seeds.includes(address))).toEqual([])
  await run.goOn(100)
  const { failures, lostAt } = await run.finish()
  const { E_INTERRUPTED: _, ...otherWrites } = failures.otherWrites
  expectOnlyInterrupted({ failures: { ...failures, otherWrites } })
  expect(lostAt).toEqual([])
})

/** A new way to a node, which all nodes know of. */
async function announce(node: LabServer, { nodes }: LabCluster): Promise<Way> {
  const way = await startWay(node)
  const { port } = new URL(way.location)
  await node.command('CONFIG', 'SET', 'cluster-announce-port', port)
  const listed = async (other: LabServer): Promise<boolean> =>
    String(await other.command('CLUSTER', 'NODES')).includes(`:${port}@`)
  await Promise.all(nodes.map((other) => eventually(() => listed(other))))
  return way
}
