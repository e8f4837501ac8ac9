import { createCaches } from 'valkey-cache'

const location = process.env.VALKEY_URL ?? 'valkey://127.0.0.1:6379/0'

await using caches = createCaches({ default: { location } })
const cache = caches.default

async function rebuild(): Promise<void> {
  await using lock = await cache.lock('lock:index', { ttl: '30s', wait: '10s' }).acquire()
  console.log('ours', await lock.owned())
  await lock.extend('10s') // this takes a little longer
} // released here, also when something was thrown

await Promise.all([rebuild(), rebuild()])
console.log('locked', await cache.lock('lock:index').locked())
