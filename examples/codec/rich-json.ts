import { createCaches, richJson } from 'valkey-cache'

const location = process.env.VALKEY_URL ?? 'valkey://127.0.0.1:6379/0'

await using caches = createCaches({ default: { location, prefix: 'rich', serializer: richJson() } })

const order = {
  paid: new Date('2026-01-31T12:00:00Z'),
  total: 2n ** 64n,
  tags: new Set(['gift']),
  scan: Buffer.from('%PDF'),
}
await caches.default.set('order:7', order)
console.log(await caches.default.get('order:7'))
