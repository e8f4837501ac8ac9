import { createCaches } from 'valkey-cache'

const sentinels = (process.env.SENTINELS ?? 'sentinel-1:26379,sentinel-2:26379,sentinel-3:26379').split(',')

await using caches = createCaches({
  default: { location: 'valkey://mymaster/0', client: 'sentinel', sentinels },
})

await caches.default.set('greeting', 'hello')
console.log(await caches.default.get('greeting'))
console.log(caches.default.topology().replicas.length, 'replicas answer reads')
