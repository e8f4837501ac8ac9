import { Registry } from 'prom-client'
import { createCaches } from 'valkey-cache'
import { metrics } from 'valkey-cache/prometheus'

await using caches = createCaches({ users: { location: 'memory://' } })
const registry = new Registry()
metrics(caches, { registry })

await caches.users.set('1', { name: 'Ada' })
await caches.users.getMany(['1', '2'])

const text = await registry.metrics() // what your /metrics answers
console.log(text.match(/^valkey_cache_reads_total.*(?:hit|miss).*$/gm)?.join('\n'))
