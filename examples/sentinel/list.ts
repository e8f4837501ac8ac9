import { createCaches } from 'valkey-cache'

const sentinels = (process.env.SENTINELS ?? 'sentinel-1:26379,sentinel-2:26379,sentinel-3:26379').split(',')

await using caches = createCaches({
  default: { location: ['valkey://mymaster/0?is_master=1', 'valkey://mymaster/0?is_master=0'], sentinels },
})

await caches.default.set('greeting', 'written to the primary')
console.log(await caches.default.get('greeting', { readFrom: 'replicaPreferred' }))
