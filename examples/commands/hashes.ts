import { createCaches } from 'valkey-cache'

const location = process.env.VALKEY_URL ?? 'valkey://127.0.0.1:6379/0'
await using caches = createCaches({ default: { location, prefix: 'hashes' } })
const cache = caches.default

console.log(await cache.hset('user:1', { name: 'Ada', tags: ['math'], visits: 1 })) // 3: so many fields are new
console.log(await cache.hsetnx('user:1', 'name', 'Grace')) // false: it is there, and stays
console.log(await cache.hget('user:1', 'name')) // Ada
console.log(await cache.hmget('user:1', ['tags', 'nothing'])) // [ [ 'math' ], undefined ]
console.log(await cache.hincrby('user:1', 'visits', 2)) // 3
console.log(await cache.hgetall('user:1')) // a Map of all fields
console.log(await cache.hlen('user:1'), await cache.hkeys('user:1')) // 3 [ 'name', 'tags', 'visits' ]
console.log(await cache.hvals('user:1')) // [ 'Ada', [ 'math' ], 3 ]
console.log(await cache.hdel('user:1', ['tags', 'nothing'])) // 1
console.log(await cache.hexists('user:1', 'tags')) // false
await cache.clear()
