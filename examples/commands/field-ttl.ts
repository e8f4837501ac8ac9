import { createCaches, UnsupportedError } from 'valkey-cache'

const location = process.env.VALKEY_URL ?? 'valkey://127.0.0.1:6379/0'
await using caches = createCaches({ default: { location, prefix: 'field-ttl' } })
const cache = caches.default

try {
  await cache.hset('user:1', { name: 'Ada', token: 'secret' })
  console.log(await cache.hexpire('user:1', ['token'], '1h')) // 1: so many of them are there
  console.log(await cache.httl('user:1', ['token', 'name', 'nothing'])) // [ 3600000, null, undefined ]
  console.log(await cache.hpersist('user:1', ['token'])) // 1: it stays as long as the hash
  console.log(await cache.hset('user:1', { code: 1234 }, { ttl: '5m' })) // 1: it is over in five minutes
} catch (error) {
  if (!(error instanceof UnsupportedError)) throw error
  console.log(error.code) // E_UNSUPPORTED where the server is older than Valkey 9
}
await cache.clear()
