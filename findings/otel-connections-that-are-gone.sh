#!/bin/sh
# node-redis counts its connections for OpenTelemetry (redis.client.connection.count), each with the node and a name of
# its own. A client that is destroyed is observed no more; the metrics SDK, which sums up from the start by default,
# exports the last value of what is observed no more again at each collection. So connections that were seen once are
# counted for ever: here one client after the other, and in the end four connections where the server has one. An
# observable gauge of one's own does the same; with delta temporality it does not.
set -eu
folder=$(mktemp -d)
trap 'kill "$(cat "$folder/server.pid")" 2>/dev/null || true; sleep 1; rm -rf "$folder"' EXIT
cd "$folder"
apt-get download redis-tools=5:7.0.15-1~deb12u10 libjemalloc2 liblua5.1-0 liblzf1 lua-bitop lua-cjson >download.log 2>&1
for package in *.deb; do dpkg-deb -x "$package" .; done
LD_LIBRARY_PATH=$(find "$folder/usr/lib" -name '*.so*' -exec dirname {} + | sort -u | paste -sd:)
export LD_LIBRARY_PATH
cp usr/bin/redis-check-rdb redis-server
printf '%s\n' 'port 28610' 'bind 127.0.0.1' 'daemonize yes' "dir $folder" "pidfile $folder/server.pid" 'save ""' >conf
./redis-server conf >server.log
echo '{ "private": true, "type": "module" }' >package.json
npm install --no-audit --no-fund --loglevel=error redis@6.3.1 @opentelemetry/api@1.10.0 @opentelemetry/sdk-metrics@3.1.1 >install.log

cat >program.mjs <<'PROGRAM'
import { metrics } from '@opentelemetry/api'
import { AggregationTemporality, InMemoryMetricExporter, MeterProvider, PeriodicExportingMetricReader } from '@opentelemetry/sdk-metrics'
import { createClient, OpenTelemetry } from 'redis'

const exporters = [AggregationTemporality.CUMULATIVE, AggregationTemporality.DELTA].map((one) => new InMemoryMetricExporter(one))
const readers = exporters.map((exporter) => new PeriodicExportingMetricReader({ exporter, exportIntervalMillis: 3_600_000 }))
const provider = new MeterProvider({ readers })
metrics.setGlobalMeterProvider(provider)
OpenTelemetry.init({ metrics: { enabled: true, enabledMetricGroups: ['connection-basic'] } })
let clients = []
provider.getMeter('own').createObservableGauge('own').addCallback((result) => clients.forEach((client) => result.observe(1, { client })))

const sumOf = (exporter, name) =>
  exporter
    .getMetrics()
    .at(-1)
    .scopeMetrics.flatMap((scope) => scope.metrics)
    .filter(({ descriptor }) => descriptor.name === name)
    .flatMap(({ dataPoints }) => dataPoints)
    .reduce((sum, { value }) => sum + value, 0)

const url = 'redis://127.0.0.1:28610'
const stays = await createClient({ url }).connect()
const onServer = async () => /connected_clients:(\d+)/.exec(await stays.info('clients'))[1]
for (const name of ['a', 'b', 'c']) {
  const client = await createClient({ url }).connect()
  clients = ['stays', name]
  await provider.forceFlush()
  client.destroy()
}
clients = ['stays']
while ((await onServer()) !== '1') await new Promise((resolve) => setTimeout(resolve, 10))
await provider.forceFlush()
const [cumulative, delta] = exporters
console.log(`the server: ${await onServer()}`)
console.log(`redis.client.connection.count: ${sumOf(cumulative, 'redis.client.connection.count')}`)
console.log(`a gauge of one's own: ${sumOf(cumulative, 'own')}; by delta: ${sumOf(delta, 'own')}`)
process.exit()
PROGRAM

echo "Node $(node --version), $(./redis-server --version | cut -d' ' -f1-3), node-redis 6.3.1, @opentelemetry/sdk-metrics 3.1.1: connections, after three"
echo 'clients were connected and destroyed one after the other, beside one that stays'
node program.mjs | tee seen
[ "$(cat seen)" = "$(printf '%s\n' 'the server: 1' 'redis.client.connection.count: 4' "a gauge of one's own: 4; by delta: 1")" ]
