import { createCaches } from 'valkey-cache'

const location = process.env.VALKEY_URL ?? 'valkey://127.0.0.1:6379/0'

await using caches = createCaches({
  yesterday: { location, prefix: 'migrated', serializer: 'json', compressor: 'gzip' },
  today: { location, prefix: 'migrated', serializer: 'msgpack', compressor: 'zlib', decoders: ['json', 'gzip'] },
})

await caches.yesterday.set('old', { written: 'as gzipped JSON, which is longer than 15 bytes' })
await caches.today.set('new', { written: 'as MessagePack, which is longer than 15 bytes' })
console.log(await caches.today.getMany(['old', 'new']))
