import { createCaches } from 'valkey-cache'

const location = process.env.VALKEY_URL ?? 'valkey://127.0.0.1:6379/0'

await using caches = createCaches({
  default: { location, prefix: 'packed', serializer: 'msgpack', compressor: 'zstd', compressMinLength: 500 },
})

await caches.default.set('report', {
  rows: Array.from({ length: 1_000 }, (_, row) => ({ row, text: 'the same in every row' })),
})
const report = await caches.default.get<{ rows: unknown[] }>('report')
console.log(report?.rows.length, 'rows')
