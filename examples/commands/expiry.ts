import { createCaches } from 'valkey-cache'

const location = process.env.VALKEY_URL ?? 'valkey://127.0.0.1:6379/0'
await using caches = createCaches({ default: { location, prefix: 'expiry', ttl: '10m' } })
const cache = caches.default

await cache.set('session', { user: 1 })
console.log(await cache.touch('session')) // true: 10 minutes from now
console.log(await cache.expire('session', '1h')) // true: an hour from now
console.log(await cache.expireAt('session', new Date('2099-01-01'))) // true: a Date, or ms since 1970
console.log(await cache.persist('session')) // true: it had a ttl, and has none any more
console.log(await cache.ttl('session'), await cache.ttl('nothing')) // null undefined: for ever, and not there
console.log(await cache.expire('session', 0), await cache.has('session')) // true false: no time left deletes
