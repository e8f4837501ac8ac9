import { expect } from 'vitest'
import { loopClock } from '../../../src/connection/deadlines.js'
import { cacheOf, test } from '../../support/cluster.js'
import { rejection } from '../../support/rejection.js'

test('an OK that comes later than the cluster takes to replace a primary is none', async ({ lab, make }) => {
  await using cluster = await lab.cluster({ shards: 1, replicas: 0, nodeTimeout: 300 })
  const cache = cacheOf(cluster, make)
  await cache.set('k', 1)
  const [primary] = cluster.nodes
  primary?.pause()
  const frozen = loopClock.now()
  const written = rejection(cache.set('k', 2))
  const deleted = cache.delete('other')
  while (loopClock.now() - frozen < 400) await new Promise((resolve) => setTimeout(resolve, 20))
  primary?.resume()
  expect((await written).error).toMatchObject({
    code: 'E_INTERRUPTED',
    sent: true,
    message: expect.stringContaining('cluster-node-timeout'),
  })
  expect(await deleted).toBe(false)
  expect(await cache.set('k', 3)).toBe(true)
})
