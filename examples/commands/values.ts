import { createCaches } from 'valkey-cache'

const location = process.env.VALKEY_URL ?? 'valkey://127.0.0.1:6379/0'
await using caches = createCaches({ default: { location, prefix: 'values' } })
const cache = caches.default

console.log(await cache.set('user:1', { name: 'Ada' }, { ttl: '5m' })) // true
console.log(await cache.get('user:1')) // { name: 'Ada' }, or undefined when it is not there
console.log(await cache.add('user:1', { name: 'Grace' })) // false: it is there, and stays
console.log(await cache.set('user:1', { name: 'Ada', admin: true }, { xx: true })) // true: it was there to be replaced

console.log(await cache.setMany({ 'user:2': 'Grace', 'user:3': 'Edsger' }, { ttl: '5m' })) // []: no key failed
console.log(await cache.getMany(['user:3', 'user:9', 'user:2'])) // in the order asked, without user:9

console.log(await cache.getOrSet('report', async () => ({ rows: 3 }), { ttl: '10m' })) // loaded, and kept
console.log(await cache.has('report'), await cache.has(['user:2', 'user:9'])) // true false: not all of them

await cache.set('token', 'once')
console.log(await cache.pull('token'), await cache.pull('token')) // once undefined: read and deleted in one step

console.log(await cache.delete('report')) // true: it was there
console.log(await cache.deleteMany(['user:1', 'user:2', 'user:3', 'user:9'])) // 3
