import { expect } from 'vitest'
import { eventually, startTraffic, type LabServer } from '../../../src/lab/index.js'
import { test } from '../../support/caches.js'
import { cacheOf } from '../../support/cluster.js'
import { blockLoop } from '../../support/connection.js'

test('what was sent to a primary before it was replaced goes to its successor, though our own loop stands still then', async ({
  lab,
  make,
}) => {
  await using cluster = await lab.cluster({ shards: 1, proxied: true })
  const cache = cacheOf(cluster, make, { writeDeadline: '20s' })
  const [primary, replica] = cluster.nodes as [LabServer, LabServer]
  const failures: unknown[] = []
  const writes = startTraffic({
    rate: 100,
    operation: (n) => cache.set('k', n),
    onFailure: (error) => failures.push(error),
  })
  await eventually(() => writes.succeeded > 10)
  primary.proxy.delay(200)
  cache.on('primary-changed', () => blockLoop(1_500))
  await replica.command('CLUSTER', 'FAILOVER')
  await eventually(() => cache.topology().shards?.[0]?.primary === replica.address)
  const goal = writes.succeeded + 50
  await eventually(() => writes.succeeded > goal)
  await writes.stop()
  expect(failures).toEqual([])
})
