import { createCaches, CrossSlotError } from 'valkey-cache'

const location = process.env.CLUSTER ?? 'valkey://node-1:6379,valkey://node-2:6379,valkey://node-3:6379'

await using caches = createCaches({ default: { client: 'cluster', location, prefix: 'shop' } })
const cache = caches.default

await cache.sadd('article:1:read', ['ada', 'grace'])
await cache.sadd('article:1:liked', ['grace'])
const apart = cache.sinter(['article:1:read', 'article:1:liked'])
console.log(await apart.catch((error: unknown) => error instanceof CrossSlotError && error.code)) // no node has both

await cache.sadd('{article:1}:read', ['ada', 'grace']) // what stands in braces decides the slot
await cache.sadd('{article:1}:liked', ['grace'])
console.log(await cache.sinter(['{article:1}:read', '{article:1}:liked']))

// A transaction on keys of one slot; `key` says to which node the connection leads.
const [stock, sold] = ['{item:7}:stock', '{item:7}:sold'].map((key) => cache.makeKey(key)) as [string, string]
const sell = [['MULTI'], ['INCRBY', stock, -1], ['INCRBY', sold, 1], ['EXEC']]
const replies = await cache.use((connection) => connection.batch(sell), { key: '{item:7}:stock' })
console.log(replies.at(-1))
await cache.clear()
