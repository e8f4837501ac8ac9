import { createCaches, type Cache, type CacheOptions } from 'valkey-cache'

let queries = 0
async function itemFromDatabase(id: number) {
  queries += 1
  return { id, name: 'Difference Engine No. 2' }
}

/** The application: it is the same at every step. */
function item(cache: Cache | undefined, id: number) {
  const load = () => itemFromDatabase(id)
  return cache === undefined ? load() : cache.getOrSet(`item:${id}`, load, { ttl: '5m' })
}

async function visit(cache?: Cache): Promise<void> {
  queries = 0
  for (let visitor = 0; visitor < 10; visitor++) await item(cache, 7)
  console.log(`10 visitors, ${queries} ${queries === 1 ? 'query' : 'queries'}`)
}

await visit()

/** This is what changes: no cache, then one of these after the other. */
const server: CacheOptions = { location: process.env.VALKEY_URL ?? 'valkey://127.0.0.1:6379/0' }
const near: CacheOptions = { ...server, near: true }
const sentinels = process.env.SENTINELS ?? 'sentinel-1:26379,sentinel-2:26379,sentinel-3:26379'
const sentinel: CacheOptions = { location: 'valkey://mymaster/0', client: 'sentinel', sentinels, near: true }
const nodes = process.env.CLUSTER ?? 'valkey://node-1:7000,valkey://node-2:7000'
const cluster: CacheOptions = { location: nodes, client: 'cluster', near: true }

await using caches = createCaches({ server, near, sentinel, cluster }, { prefix: 'steps' })
for (const cache of [caches.server, caches.near, caches.sentinel, caches.cluster]) {
  await cache.clear()
  await visit(cache)
}
