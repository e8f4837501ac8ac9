import { createCaches } from 'valkey-cache'

const location = process.env.VALKEY_URL ?? 'valkey://127.0.0.1:6379/0'
await using caches = createCaches({ default: { location, prefix: 'sets' } })
const cache = caches.default

console.log(await cache.sadd('odd', [1, 3, 5]), await cache.sadd('small', [1, 2, 3])) // 3 3: so many are new
console.log(await cache.scard('odd'), (await cache.smembers<number>('odd')).sort()) // 3 [ 1, 3, 5 ]
console.log(await cache.sismember('odd', 5), await cache.smismember('odd', [1, 2])) // true [ true, false ]

console.log((await cache.sinter<number>(['odd', 'small'])).sort()) // [ 1, 3 ]
console.log((await cache.sunion<number>(['odd', 'small'])).sort()) // [ 1, 2, 3, 5 ]
console.log(await cache.sdiff(['odd', 'small'])) // [ 5 ]
console.log(await cache.sinterstore('both', ['odd', 'small'])) // 2: kept under a key of its own
console.log(await cache.sunionstore('all', ['odd', 'small']), await cache.sdiffstore('rest', ['odd', 'small'])) // 4 1

console.log(await cache.smove('rest', 'small', 5)) // true
console.log(await cache.srem('small', [5, 9])) // 1
console.log(typeof (await cache.srandmember('odd')), (await cache.srandmember('odd', 2)).length) // number 2
console.log(typeof (await cache.spop('odd')), (await cache.spop('odd', 2)).length) // number 2: and they are gone

await cache.sadd('names', ['Ada', 'Alan', 'Grace'])
console.log((await cache.sscan<string>('names', { match: 'A*' })).sort()) // [ 'Ada', 'Alan' ]
for await (const name of cache.sscanIter<string>('names', { match: 'G*' })) console.log(name) // Grace
await cache.clear()
