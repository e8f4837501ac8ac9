import { tracingChannel } from 'node:diagnostics_channel'
import { performance } from 'node:perf_hooks'
import { load } from './our-build.mjs'

/** Has somebody listen to caches: `'channels'` to all of them and do nothing, `'metrics'` and `'spans'` of OpenTelemetry. */
export async function listenTo(caches, told, dist) {
  if (told === 'channels') return listenToChannels()
  const { instrument } = await load('export/otel/index.js', dist)
  const meterProvider = await meters()
  if (told === 'spans') await carryContexts()
  instrument(caches, { meterProvider, tracerProvider: told === 'spans' && (await tracers()), requireParent: false })
}

function listenToChannels() {
  const nothing = () => {}
  const listeners = { start: nothing, end: nothing, asyncStart: nothing, asyncEnd: nothing, error: nothing }
  for (const name of ['cache', 'load', 'command', 'batch', 'connect'])
    tracingChannel(`valkey-cache:${name}`).subscribe(listeners)
}

/** Reads its metrics once a minute, as exporters do. */
async function meters() {
  const { AggregationTemporality, InMemoryMetricExporter, MeterProvider, PeriodicExportingMetricReader } =
    await import('@opentelemetry/sdk-metrics')
  const exporter = new InMemoryMetricExporter(AggregationTemporality.CUMULATIVE)
  const reader = new PeriodicExportingMetricReader({ exporter, exportIntervalMillis: 60_000 })
  return new MeterProvider({ readers: [reader] })
}

/** Spans are made and ended, and go nowhere. */
async function tracers() {
  const { BasicTracerProvider } = await import('@opentelemetry/sdk-trace-base')
  const processor = { onStart() {}, onEnd() {}, forceFlush: async () => {}, shutdown: async () => {} }
  return new BasicTracerProvider({ spanProcessors: [processor] })
}

/** As programs do that have spans: what runs below a span knows it. */
async function carryContexts() {
  const { context } = await import('@opentelemetry/api')
  const { AsyncLocalStorageContextManager } = await import('@opentelemetry/context-async-hooks')
  context.setGlobalContextManager(new AsyncLocalStorageContextManager().enable())
}

/** A `get` with the spans and the metric that `instrument` makes, made by hand: what OpenTelemetry itself takes. */
export async function getByHand(cache) {
  await carryContexts()
  const { context, trace, SpanKind } = await import('@opentelemetry/api')
  const tracer = (await tracers()).getTracer('by hand')
  const duration = (await meters()).getMeter('by hand').createHistogram('db.client.operation.duration', { unit: 's' })
  const command = { 'db.system.name': 'redis', 'db.operation.name': 'GET', 'server.address': 'host', 'server.port': 1 }
  const call = { cache: 'default', near: 0, hits: 1, stale: 0, misses: 0 }
  return (key) => {
    const outer = tracer.startSpan('cache.get', { kind: SpanKind.INTERNAL })
    return context.with(trace.setSpan(context.active(), outer), async () => {
      const inner = tracer.startSpan('GET', { kind: SpanKind.CLIENT })
      const began = performance.now()
      const value = await cache.get(key)
      inner.setAttributes({ ...command, cache: 'default' })
      inner.end()
      duration.record((performance.now() - began) / 1_000, { ...command })
      outer.setAttributes({ ...call })
      outer.end()
      return value
    })
  }
}
