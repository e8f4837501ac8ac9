import { createCaches } from 'valkey-cache'

const location = process.env.VALKEY_URL ?? 'valkey://127.0.0.1:6379/0'
await using caches = createCaches({ default: { location, prefix: 'sets' } })
const cache = caches.default

await cache.sadd('small', ['one', 'two', 'three'])
console.log(await cache.sadd('odd', ['one', 'three', 'five'])) // 3: so many are new
console.log(await cache.scard('odd'), (await cache.smembers<string>('odd')).sort()) // 3 [ 'five', 'one', 'three' ]
console.log(await cache.sismember('odd', 'five'), await cache.smismember('odd', ['one', 'two'])) // true [ true, false ]

console.log((await cache.sinter<string>(['odd', 'small'])).sort()) // [ 'one', 'three' ]
console.log((await cache.sunion<string>(['odd', 'small'])).sort()) // [ 'five', 'one', 'three', 'two' ]
console.log(await cache.sdiff(['odd', 'small'])) // [ 'five' ]
console.log(await cache.sinterstore('both', ['odd', 'small'])) // 2: kept under a key of its own
console.log(await cache.sunionstore('all', ['odd', 'small']), await cache.sdiffstore('rest', ['odd', 'small'])) // 4 1

console.log(await cache.smove('rest', 'small', 'five')) // true
console.log(await cache.srem('small', ['five', 'six'])) // 1
console.log(typeof (await cache.srandmember('odd')), (await cache.srandmember('odd', 2)).length) // string 2
console.log(typeof (await cache.spop('odd')), (await cache.spop('odd', 2)).length) // string 2: and they are gone

await cache.sadd('names', ['Ada', 'Alan', 'Grace'])
console.log((await cache.sscan<string>('names', { match: 'A*' })).sort()) // [ 'Ada', 'Alan' ]
for await (const name of cache.sscanIter<string>('names', { match: 'G*' })) console.log(name) // Grace
await cache.clear()
