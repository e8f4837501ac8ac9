import { createCaches, readFrom } from 'valkey-cache'

const sentinels = (process.env.SENTINELS ?? 'sentinel-1:26379,sentinel-2:26379,sentinel-3:26379').split(',')
const ours = (process.env.SUBNETS ?? '10.1.0.0/16,fd00:1::/32').split(',') // those of the zone in which this process runs

await using caches = createCaches({
  default: { location: 'valkey://mymaster/0', client: 'sentinel', sentinels, readFrom: readFrom.subnet(ours) },
})

await caches.default.set('greeting', 'hello')
console.log(await caches.default.get('greeting'))
