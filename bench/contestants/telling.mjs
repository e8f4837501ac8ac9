import { tracingChannel } from 'node:diagnostics_channel'
import { load } from './our-build.mjs'

/** Has somebody listen to caches: `'channels'` to all of them and do nothing, `'metrics'` and `'spans'` of OpenTelemetry. */
export async function listenTo(caches, told, dist) {
  if (told === 'channels') return listenToChannels()
  const { instrument } = await load('export/otel/index.js', dist)
  const meterProvider = await meters()
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
