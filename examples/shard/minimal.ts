import { createCaches, CrossSlotError } from 'valkey-cache'

const location = (process.env.SHARDS ?? 'valkey://cache-1:6379,valkey://cache-2:6379,valkey://cache-3:6379').split(',')

await using caches = createCaches({ default: { client: 'shard', location, prefix: 'shop' } })
const cache = caches.default

await cache.setMany({ 'user:1': 'Ada', 'user:2': 'Grace', 'user:3': 'Edsger' }) // one round trip to each server concerned
console.log([...(await cache.getMany(['user:3', 'user:9', 'user:1'])).keys()]) // in the order asked

await cache.sadd('article:1:read', ['ada', 'grace'])
await cache.sadd('article:1:liked', ['grace'])
const apart = cache.sinter(['article:1:read', 'article:1:liked'])
console.log(await apart.catch((error: unknown) => error instanceof CrossSlotError && error.code)) // no server has both

await cache.sadd('{article:1}:read', ['ada', 'grace']) // what stands in braces decides the shard
await cache.sadd('{article:1}:liked', ['grace'])
console.log(await cache.sinter(['{article:1}:read', '{article:1}:liked']))

console.log(cache.topology().shards.length, await cache.clear()) // every server is asked
