import { createCaches } from 'valkey-cache'

await using caches = createCaches({ default: { location: 'memory://' } })
const cache = caches.default

await cache.getOrSet('user:1', () => ({ name: 'Ada' }))
await cache.getMany(['user:1', 'user:2'])

const { methods, tiers, misses, loads } = cache.stats()
console.log(methods) // { getMany: 1, getOrSet: 1 }
console.log(tiers.server.hits, tiers.loader.hits, misses) // 1 1 2
console.log(loads.latency.count, loads.latency.p99 < 1_000) // 1 true
