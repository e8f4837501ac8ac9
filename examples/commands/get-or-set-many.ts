import { createCaches, type Key } from 'valkey-cache'

const location = process.env.VALKEY_URL ?? 'valkey://127.0.0.1:6379/0'
await using caches = createCaches({ default: { location, prefix: 'many' } })
const cache = caches.default

const findUsers = async (missing: Key[]): Promise<[Key, string][]> => {
  console.log('asked for', missing) // [ 'user:3', 'user:2', 'user:9' ]: one query for all of them
  return missing.filter((key) => key !== 'user:9').map((key) => [key, `loaded ${key}`])
}

await cache.set('user:1', 'Ada')
console.log(await cache.getOrSetMany(['user:3', 'user:1', 'user:2', 'user:9'], findUsers, { ttl: '10m' }))
