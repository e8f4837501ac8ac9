import { tracingChannel } from 'node:diagnostics_channel'
import { createCaches, type CacheTrace } from 'valkey-cache'

await using caches = createCaches({ default: { location: 'memory://' } })

tracingChannel<unknown, CacheTrace>('valkey-cache:cache').subscribe({
  start: () => {},
  end: () => {},
  error: () => {},
  asyncStart: () => {},
  asyncEnd: ({ operation, hits, misses }) => console.log(`${operation}: ${hits} hits, ${misses} misses`),
})

await caches.default.set('user:1', { name: 'Ada' })
await caches.default.getMany(['user:1', 'user:2']) // getMany: 1 hits, 1 misses
