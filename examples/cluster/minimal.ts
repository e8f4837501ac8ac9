import { createCaches } from 'valkey-cache'

const location = process.env.CLUSTER ?? 'valkey://node-1:6379,valkey://node-2:6379,valkey://node-3:6379'

await using caches = createCaches({ default: { client: 'cluster', location } })
const cache = caches.default

await cache.set('greeting', 'hello')
console.log(await cache.get('greeting'))

await cache.setMany({ 'user:1': 'Ada', 'user:2': 'Grace', 'user:3': 'Edsger' }) // one round trip to each node concerned
console.log([...(await cache.getMany(['user:3', 'user:9', 'user:1'])).keys()]) // in the order asked
console.log(await cache.clear()) // every node is asked
