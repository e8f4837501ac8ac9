import { createCaches } from 'valkey-cache'

const location = process.env.VALKEY_URL ?? 'valkey://127.0.0.1:6379/0'
await using caches = createCaches({ default: { location, prefix: 'keys' } })
const cache = caches.default

await cache.setMany({ 'user:1': 'Ada', 'user:2': 'Grace', 'order:1': 'a book' })
console.log((await cache.keys('user:*')).sort()) // [ 'user:1', 'user:2' ]

for await (const key of cache.iterKeys('order:*', { batch: 100 })) console.log(key) // order:1

console.log(cache.makeKey('user:1'), cache.makeKey('user:1', { version: 2 })) // keys:1:user:1 keys:2:user:1
console.log(await cache.deletePattern('user:*')) // 2
console.log(await cache.clear()) // 1: what is left of this prefix and version
if (process.argv.includes('--everything')) await cache.flushDb() // the whole database, also what is not ours
