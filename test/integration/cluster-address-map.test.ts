import { expect } from 'vitest'
import { startTraffic } from '../../src/lab/index.js'
import { test } from '../support/caches.js'

test('what nodes announce is dialled by the address map: the map, MOVED and ASK alike', async ({ lab, make }) => {
  const cluster = await lab.cluster({ shards: 2, replicas: 1, host: 'node.invalid' })
  const dialled = new Set<string>()
  const addressMap = (address: string): string => {
    dialled.add(address)
    return address.replace('node.invalid', '127.0.0.1')
  }
  const { cache } = make({ cache: { client: 'cluster', location: cluster.locations, addressMap } })
  const keys = Array.from({ length: 200 }, (_, index) => `k${index}`)
  expect(await cache.setMany(keys.map((key) => [key, 0] as const))).toStrictEqual([])
  const writes = startTraffic({ rate: 500, operation: (n) => cache.set(keys[n % keys.length] as string, n) })
  const [from, to] = await cluster.primaries()
  if (from === undefined || to === undefined) throw new Error('the cluster has two shards')
  await cluster.reshard({ slots: 500, from, to })
  const { failures, unsettled } = await writes.stop()
  expect([Object.fromEntries(failures), unsettled]).toStrictEqual([{}, 0])
  expect((await cache.getMany(keys)).size).toBe(keys.length)
  for (const { address } of cache.topology().nodes) expect(address).toMatch(/^node\.invalid:/)
  expect([...dialled].every((address) => address.startsWith('node.invalid:'))).toBe(true)
})
