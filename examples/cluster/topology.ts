import { createCaches } from 'valkey-cache'

const location = process.env.CLUSTER ?? 'valkey://node-1:6379,valkey://node-2:6379,valkey://node-3:6379'

await using caches = createCaches({ default: { client: 'cluster', location } })
const cache = caches.default

cache.on('primary-changed', ({ shard, from, to, duration }) =>
  console.log(`shard ${shard}: ${from} → ${to} after ${Math.round(duration)} ms`),
)
cache.on('slots-moved', ({ slots, from, to }) =>
  console.log(`slots ${slots.map(([first, last]) => `${first}-${last}`).join(', ')}: ${from} → ${to}`),
)

await caches.ready()
for (const { state, slots, replicas } of cache.topology().shards)
  console.log(state, slots.map(([first, last]) => `${first}-${last}`).join(', '), replicas.length)
