#!/bin/sh
# OpenTelemetry's instrumentation of ioredis takes `server.address` and `server.port` from the client's options. A
# client that asks Sentinel for its primary has neither there, so all its spans name localhost:6379, ioredis's
# default, where there is no server at all.
set -eu
folder=$(mktemp -d)
trap 'kill $(cat "$folder"/*.pid) 2>/dev/null || true; sleep 1; rm -rf "$folder"' EXIT
cd "$folder"
version=5:7.0.15-1~deb12u10
apt-get download "redis-tools=$version" "redis-server=$version" "redis-sentinel=$version" \
  libjemalloc2 liblua5.1-0 liblzf1 lua-bitop lua-cjson >download.log 2>&1
for package in *.deb; do dpkg-deb -x "$package" .; done
LD_LIBRARY_PATH=$(find "$folder/usr/lib" -name '*.so*' -exec dirname {} + | sort -u | paste -sd:)
export LD_LIBRARY_PATH
PATH="$folder/usr/bin:$PATH"
cp usr/bin/redis-check-rdb redis-server && cp redis-server redis-sentinel

start() {
  program=$1 port=$2
  shift 2
  mkdir -p "$port"
  printf '%s\n' "port $port" 'bind 127.0.0.1' 'daemonize yes' "dir $folder/$port" "pidfile $folder/$port.pid" "$@" >"$port/conf"
  "./$program" "$port/conf" >/dev/null
}
start redis-server 28606 'save ""'
start redis-sentinel 28607 'sentinel monitor service 127.0.0.1 28606 1'
until redis-cli -p 28607 SENTINEL GET-MASTER-ADDR-BY-NAME service >named 2>/dev/null && grep -q 28606 named; do sleep 0.1; done
echo '{ "private": true }' >package.json
npm install --no-audit --no-fund --loglevel=error @opentelemetry/api@1.10.0 @opentelemetry/instrumentation@0.300.0 @opentelemetry/instrumentation-ioredis@0.72.0 @opentelemetry/sdk-trace@3.1.1 ioredis@6.0.0 >install.log

cat >program.cjs <<'PROGRAM'
const { trace } = require('@opentelemetry/api')
const { registerInstrumentations } = require('@opentelemetry/instrumentation')
const { IORedisInstrumentation } = require('@opentelemetry/instrumentation-ioredis')
const { InMemorySpanExporter, SimpleSpanProcessor, TracerProvider } = require('@opentelemetry/sdk-trace')

const exporter = new InMemorySpanExporter()
trace.setGlobalTracerProvider(new TracerProvider({ spanProcessors: [new SimpleSpanProcessor({ exporter })] }))
registerInstrumentations({ instrumentations: [new IORedisInstrumentation({ requireParentSpan: false })] })
const Redis = require('ioredis')
const spansOf = (name) => exporter.getFinishedSpans().filter((span) => span.name === name)

async function main() {
  const redis = new Redis({ name: 'service', sentinels: [{ host: '127.0.0.1', port: 28607 }] })
  await new Promise((resolve) => redis.once('ready', resolve))
  await redis.incr('n')
  const [{ attributes }] = spansOf('incr')
  console.log(`the connection: ${redis.stream.remoteAddress}:${redis.stream.remotePort}`)
  console.log(`its span: ${attributes['server.address']}:${attributes['server.port']}`)
  process.exit()
}
void main()
PROGRAM

echo "Node $(node --version), Redis 7.0.15 under Sentinel, ioredis 6.0.0, @opentelemetry/instrumentation-ioredis 0.72.0: INCR"
node program.cjs | tee seen
[ "$(cat seen)" = "$(printf '%s\n' 'the connection: 127.0.0.1:28606' 'its span: localhost:6379')" ]
