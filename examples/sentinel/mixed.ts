import { createCaches } from 'valkey-cache'

const sentinels = (process.env.SENTINELS ?? 'sentinel-1:26379,sentinel-2:26379,sentinel-3:26379').split(',')
const plain = process.env.VALKEY_URL ?? 'valkey://127.0.0.1:6379/1'

await using caches = createCaches(
  {
    default: { location: 'valkey://mymaster/0', client: 'sentinel', sentinels },
    plain: { location: plain, connectionFactory: 'default' }, // a server of its own, dialled as it stands
    local: {}, // this process only: memory://
  },
  { connectionFactory: 'sentinel' },
)

await Promise.all([caches.default, caches.plain, caches.local].map((cache) => cache.set('name', cache.name)))
console.log(await caches.default.get('name'), await caches.plain.get('name'), await caches.local.get('name'))
