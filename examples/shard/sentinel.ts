import { createCaches } from 'valkey-cache'

const sentinels = (process.env.SENTINELS ?? 'sentinel-1:26379,sentinel-2:26379,sentinel-3:26379').split(',')
const location = (process.env.SERVICES ?? 'valkey://cache-1/0,valkey://cache-2/0').split(',') // names that they monitor

await using caches = createCaches({ default: { client: 'shard', location, sentinels } })
const cache = caches.default

cache.on('primary-changed', ({ shard, from, to }) => console.log(`shard ${shard}: ${from} → ${to}`))

await cache.setMany({ 'user:1': 'Ada', 'user:2': 'Grace' })
console.log((await cache.getMany(['user:1', 'user:2'])).size)
