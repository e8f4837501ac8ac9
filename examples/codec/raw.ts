import { createCaches } from 'valkey-cache'

const location = process.env.VALKEY_URL ?? 'valkey://127.0.0.1:6379/0'

await using caches = createCaches({ images: { location, prefix: 'images', serializer: 'raw' } })

await caches.images.set('dot.gif', Buffer.from('R0lGODlhAQABAAAAACw=', 'base64'))
const image = await caches.images.get<Buffer>('dot.gif')
console.log(image?.length, 'bytes:', image?.toString('latin1', 0, 6))
