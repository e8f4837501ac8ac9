import { expectEndsByItself } from '../../support/ends-by-itself.js'
import { test } from '../../support/caches.js'
import type { LabServer } from '../../../src/lab/index.js'

test('a program that closes while a primary of its cluster is lost ends by itself', async ({ lab }) => {
  const cluster = await lab.cluster({ nodeTimeout: 1_000 })
  const [primary] = (await cluster.primaries()) as [LabServer]
  await expectEndsByItself({ client: 'cluster', location: cluster.locations }, () => primary.kill())
})
