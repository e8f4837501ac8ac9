import { createCaches } from 'valkey-cache'

const location = process.env.VALKEY_URL ?? 'valkey://127.0.0.1:6379/0'

const caches = createCaches({ default: { location } })
const cache = caches.default

await cache.set('user:1', { name: 'Ada' }, { ttl: '5m' })
console.log(await cache.get('user:1')) // { name: 'Ada' }, or undefined when it is not there

const report = await cache.getOrSet('report', async () => ({ rows: 3 }), { ttl: '10m' })
console.log(report.rows, await cache.add('visits', 0), await cache.incr('visits'))

await caches.close()
