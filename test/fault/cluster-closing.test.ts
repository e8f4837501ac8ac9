import { expectEndsByItself } from '../support/ends-by-itself.js'
import { test as base } from '../support/caches.js'
import type { LabServer } from '../../src/lab/index.js'

const test = base.extend('cluster', { scope: 'file' }, ({ lab }) => lab.cluster({ nodeTimeout: 1_000 }))

test.for(['kill', 'pause'] as const)(
  'a program that closes while a primary of its cluster is lost (%s) ends by itself',
  async (fault, { cluster }) => {
    await cluster.settled()
    const [primary] = (await cluster.primaries()) as [LabServer]
    await expectEndsByItself({ client: 'cluster', location: cluster.locations }, () => primary[fault]())
    primary.resume()
    await primary.start()
  },
)
