import { expect } from 'vitest'
import { eventually } from '../../src/lab/index.js'
import { test } from '../support/caches.js'
import { WatchedSource } from '../support/cluster-source.js'

/** Valkey from 9.1 on: the map of a cluster tells the zones of its nodes. */

test('the map tells the zones of nodes before they are connected to', async ({ lab }) => {
  const cluster = await lab.cluster({ shards: 1, replicas: 1 })
  const [primary, replica] = cluster.nodes
  await primary?.command('CONFIG', 'SET', 'availability-zone', 'eu-1a')
  await replica?.command('CONFIG', 'SET', 'availability-zone', 'eu-1b')
  await eventually(async () => {
    const source = new WatchedSource(cluster.nodes)
    const { shards } = await source.map()
    source.provider.destroy()
    expect(shards.map((shard) => [shard.primary?.zone, ...shard.replicas.map(({ zone }) => zone)])).toStrictEqual([
      ['eu-1a', 'eu-1b'],
    ])
  })
})
