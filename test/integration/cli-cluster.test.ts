import { expect } from 'vitest'
import type { DrillReport } from '../../src/cli/drill/report.js'
import type { Explanation } from '../../src/cli/explain/explain.js'
import type { StatusReport } from '../../src/cli/status/report.js'
import type { CacheOptions } from '../../src/index.js'
import type { LabCluster } from '../../src/lab/index.js'
import { slotOf } from '../../src/keys/slot.js'
import { test as base } from '../support/caches.js'
import { commandJson, commandLine, wrongWith } from '../support/command-line.js'

const test = base.extend('cluster', { scope: 'file' }, ({ lab }) => lab.cluster({ config: { maxmemory: '64mb' } }))

/** Addresses do not say that they are those of a cluster. */
function addressed({ locations }: LabCluster): readonly string[] {
  return ['--location', locations[0]!]
}

function under({ locations }: LabCluster): CacheOptions {
  return { client: 'cluster', location: locations }
}

test('status shows the nodes and the shards, from the address of one node', async ({ cluster }) => {
  const report = await commandJson<StatusReport>(['status', ...addressed(cluster)])
  expect(report).toMatchObject({ code: 0, kind: 'cluster', state: 'steady', problems: [] })
  expect(report.nodes).toHaveLength(6)
  expect(report.shards.map(({ primary }) => primary)).toEqual((await cluster.primaries()).map(({ address }) => address))
  expect(report.shards.flatMap(({ slots }) => slots)).toEqual([
    [0, expect.any(Number)],
    [expect.any(Number), expect.any(Number)],
    [expect.any(Number), 16_383],
  ])
  const { out } = await commandLine(['status', ...addressed(cluster)])
  expect(out).toContain('3 shards')
  expect(out).toMatch(/^2 +\d+–16383 /m)
})

test('status counts a node once that a seed has another name for', async ({ cluster }) => {
  const location = `valkey://localhost:${cluster.nodes[0]!.port}`
  const report = await commandJson<StatusReport>(['status', '--location', location])
  expect(report.nodes.map(({ address }) => address).sort()).toEqual(cluster.nodes.map(({ address }) => address).sort())
})

test('explain tells the slot and the node', async ({ cluster, make }) => {
  const { cache } = make({ cache: under(cluster) })
  await cache.set('user:1', 'Ada', { ttl: null })
  const primary = await cluster.primaryOf(cache.makeKey('user:1'))
  expect(await commandJson<Explanation>(['explain', 'user:1', ...addressed(cluster)])).toMatchObject({
    slot: slotOf(cache.makeKey('user:1')),
    node: primary.address,
    ttl: null,
  })
})

test('doctor finds nothing wrong with a cluster that is well', async ({ cluster }) => {
  expect(await wrongWith(under(cluster))).toEqual([])
})

test('doctor finds that a server is a node of a cluster', async ({ cluster }) => {
  const found = await wrongWith({ location: cluster.locations[0]! })
  expect(found).toContainEqual(expect.objectContaining({ check: 'server-kind', level: 'fail' }))
  // Where only an address is known, nothing says that it is not meant to be one.
  expect((await commandLine(['doctor', ...addressed(cluster)])).code).toBe(0)
})

test('drill fails one shard over', async ({ cluster }) => {
  const args = ['drill', ...addressed(cluster), '--shard', '1']
  const [, before] = await cluster.primaries()
  const report = await commandJson<DrillReport>([...args, '--yes'])
  await cluster.settled()
  const [, after] = await cluster.primaries()
  expect(report).toMatchObject({ from: before!.address, to: after!.address })
  expect(report.felt).toMatchObject({ lost: 0, unsettled: 0 })
  expect(await commandLine(['drill', '--yes', ...addressed(cluster), '--shard', '7'])).toMatchObject({
    code: 2,
    err: expect.stringMatching(/--shard: there are 3 shards/),
  })
})

// The last one, for it takes the cluster apart.
test('doctor finds nodes that disagree, a shard without a replica, and slots that are not served', async ({
  cluster,
}) => {
  const options = under(cluster)
  const [primary, other] = await cluster.primaries()
  await other!.command('CLUSTER', 'DELSLOTS', 8_000)
  expect(await wrongWith(options)).toContainEqual(expect.objectContaining({ check: 'cluster-agrees', level: 'fail' }))
  const replicas = await cluster.replicas(primary)
  for (const replica of replicas) await replica.kill()
  const alone = await wrongWith(options)
  expect(alone).toContainEqual(expect.objectContaining({ check: 'shard-replicas', subjects: [primary!.address] }))
  // Until the others have noticed it is one that they reach and we do not.
  const away = alone.find(({ level, subjects }) => level === 'fail' && subjects.includes(replicas[0]!.address))
  expect(['addresses-reachable', 'nodes-answer']).toContain(away?.check)
  await primary!.kill()
  const gone = { check: 'slots-served', level: 'fail', subjects: [primary!.address] }
  expect(await wrongWith(options)).toContainEqual(expect.objectContaining(gone))
})
