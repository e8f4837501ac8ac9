import { createCaches, KeyNotFoundError } from 'valkey-cache'

const location = process.env.VALKEY_URL ?? 'valkey://127.0.0.1:6379/0'
await using caches = createCaches({ default: { location, prefix: 'counters', ttl: null } })
const cache = caches.default

await cache.set('visits', 41)
console.log(await cache.incr('visits')) // 42
console.log(await cache.decr('visits', 2)) // 40
console.log(await cache.incr('visits', 0.5)) // 40.5: a fraction on either side gives a number with one
console.log(await cache.incr('clicks', 5, { create: true })) // 5: it was not there, and started from 0
console.log(await cache.incr('nothing').catch((error) => error instanceof KeyNotFoundError)) // true

await cache.set('big', Number.MAX_SAFE_INTEGER)
console.log(await cache.incr('big')) // 9007199254740992n: a bigint, to the last digit

await cache.set('page', 'draft')
console.log(await cache.incrVersion('page')) // 2: the value has moved, with its ttl
console.log(await cache.get('page'), await cache.get('page', { version: 2 })) // undefined draft
console.log(await cache.decrVersion('page', 1, { version: 2 })) // 1
await cache.clear()
