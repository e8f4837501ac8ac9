#!/bin/sh
# OpenTelemetry's SDK for JavaScript goes on exporting, under cumulative temporality, what an observable gauge once
# observed: an attribute set that its callback observes no more, and all of them when the callback is removed. The
# specification says that what was not observed in a successful callback should not be produced. With delta temporality
# it is not. So a gauge of a server that has left, or of a pool that is closed, has its last value for ever.
set -eu
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"
echo '{ "private": true, "type": "module" }' >package.json
npm install --no-audit --no-fund --loglevel=error @opentelemetry/api@1.9.1 @opentelemetry/sdk-metrics@2.12.1 >install.log

cat >program.mjs <<'PROGRAM'
import {
  AggregationTemporality,
  InMemoryMetricExporter,
  MeterProvider,
  PeriodicExportingMetricReader,
} from '@opentelemetry/sdk-metrics'

for (const temporality of ['CUMULATIVE', 'DELTA']) {
  const exporter = new InMemoryMetricExporter(AggregationTemporality[temporality])
  const reader = new PeriodicExportingMetricReader({ exporter, exportIntervalMillis: 2 ** 30 })
  const provider = new MeterProvider({ readers: [reader] })
  const gauge = provider.getMeter('m').createObservableGauge('connections')
  let open = { a: 1, b: 1 }
  const callback = (result) => {
    for (const [node, value] of Object.entries(open)) result.observe(value, { node })
  }
  gauge.addCallback(callback)
  const told = []
  const collect = async () => {
    exporter.reset()
    await provider.forceFlush()
    const scopes = exporter.getMetrics().flatMap(({ scopeMetrics }) => scopeMetrics)
    const points = scopes.flatMap(({ metrics }) => metrics.flatMap(({ dataPoints }) => dataPoints))
    told.push(points.map(({ attributes, value }) => `${attributes.node}=${value}`).join(' ') || 'nothing')
  }
  await collect()
  open = { a: 2 }
  await collect()
  gauge.removeCallback(callback)
  await collect()
  await provider.shutdown()
  console.log(`${temporality}: ${told.join(', then ')}`)
}
PROGRAM

echo "Node $(node --version), @opentelemetry/sdk-metrics 2.12.1: a and b are observed, then a, then the callback is removed"
node program.mjs | tee told
[ "$(cat told)" = "$(printf 'CUMULATIVE: a=1 b=1, then a=2 b=1, then a=2 b=1\nDELTA: a=1 b=1, then a=2, then nothing')" ]
