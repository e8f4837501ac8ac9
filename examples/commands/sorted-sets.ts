import { createCaches } from 'valkey-cache'

const location = process.env.VALKEY_URL ?? 'valkey://127.0.0.1:6379/0'
await using caches = createCaches({ default: { location, prefix: 'sorted-sets' } })
const cache = caches.default

const scores = new Map([
  ['Ada', 30],
  ['Alan', 20],
  ['Grace', 10],
])
console.log(await cache.zadd('game', scores)) // 3: so many are new
console.log(await cache.zadd('game', [['Ada', 25]], { gt: true })) // 0, and Ada keeps 30: it would be lower
console.log(await cache.zincrby('game', 'Grace', 15)) // 25
console.log(await cache.zscore('game', 'Ada'), await cache.zmscore('game', ['Alan', 'Eve'])) // 30 [ 20, undefined ]
console.log(await cache.zrank('game', 'Ada'), await cache.zrevrank('game', 'Ada')) // 2 0: from the lowest, the highest

console.log(await cache.zrange('game', 0, -1, { withScores: true })) // [ [ 'Alan', 20 ], [ 'Grace', 25 ], [ 'Ada', 30 ] ]
console.log(await cache.zrevrange('game', 0, 1)) // [ 'Ada', 'Grace' ]
console.log(await cache.zrangebyscore('game', '(20', Infinity, { count: 1 })) // [ 'Grace' ]: more than 20
console.log(await cache.zrevrangebyscore('game', 25, 0)) // [ 'Grace', 'Alan' ]
console.log(await cache.zcard('game'), await cache.zcount('game', 20, 25)) // 3 2
console.log(new Map(await cache.zscan<string>('game', { match: 'A*' })).get('Ada')) // 30
for await (const [name, score] of cache.zscanIter('game', { match: 'G*' })) console.log(name, score) // Grace 25

console.log(await cache.zpopmin('game'), await cache.zpopmax('game')) // [ [ 'Alan', 20 ] ] [ [ 'Ada', 30 ] ]
console.log(await cache.zrem('game', ['Grace', 'Eve'])) // 1
await cache.zadd('game', scores)
console.log(await cache.zremrangebyrank('game', 0, 0)) // 1: the lowest
console.log(await cache.zremrangebyscore('game', 25, Infinity)) // 1
await cache.clear()
