import { InMemorySpanExporter, BasicTracerProvider, SimpleSpanProcessor } from '@opentelemetry/sdk-trace-base'
import { createCaches } from 'valkey-cache'
import { instrument } from 'valkey-cache/otel'

const exporter = new InMemorySpanExporter() // in your program the exporter of your collector
const tracerProvider = new BasicTracerProvider({ spanProcessors: [new SimpleSpanProcessor(exporter)] })

await using caches = createCaches({ users: { location: 'memory://' } })
const stop = instrument(caches, { tracerProvider, requireParent: false })

await caches.users.getOrSet('1', () => ({ name: 'Ada' }))
for (const { name, attributes } of exporter.getFinishedSpans())
  console.log(name, attributes['valkey_cache.misses'] ?? '')
stop()
