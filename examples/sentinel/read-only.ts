import { createCaches, ReadOnlyCacheError } from 'valkey-cache'

const sentinels = (process.env.SENTINELS ?? 'sentinel-1:26379,sentinel-2:26379,sentinel-3:26379').split(',')

await using caches = createCaches({
  replicas: { location: 'valkey://mymaster/0?is_master=0', sentinels },
})

console.log(await caches.replicas.get('no such key'))
try {
  await caches.replicas.set('greeting', 'hello')
} catch (error) {
  if (!(error instanceof ReadOnlyCacheError)) throw error
  console.log(error.code, error.message)
}
