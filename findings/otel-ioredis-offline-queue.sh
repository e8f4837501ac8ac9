#!/bin/sh
# OpenTelemetry's instrumentation of ioredis makes two spans of a command that is called while there is no connection:
# one when the command is queued, one when it is sent, though the server runs it once. So what is counted from spans
# doubles just when a connection was lost, and the first commands of each process are counted twice.
set -eu
folder=$(mktemp -d)
trap 'kill "$(cat "$folder/server.pid")" 2>/dev/null || true; sleep 1; rm -rf "$folder"' EXIT
cd "$folder"
apt-get download redis-tools=5:7.0.15-1~deb12u10 libjemalloc2 liblua5.1-0 liblzf1 lua-bitop lua-cjson >download.log 2>&1
for package in *.deb; do dpkg-deb -x "$package" .; done
LD_LIBRARY_PATH=$(find "$folder/usr/lib" -name '*.so*' -exec dirname {} + | sort -u | paste -sd:)
export LD_LIBRARY_PATH
cp usr/bin/redis-check-rdb redis-server
printf '%s\n' 'port 28605' 'bind 127.0.0.1' 'daemonize yes' "dir $folder" "pidfile $folder/server.pid" 'save ""' >conf
./redis-server conf >server.log
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
  const redis = new Redis(28605)
  await redis.incr('n')
  console.log(`the first command: spans ${spansOf('incr').length}, the server counts ${await redis.get('n')}`)

  exporter.reset()
  for (let i = 0; i < 3; i++) await redis.incr('n')
  console.log(`three more: spans ${spansOf('incr').length}, the server counts ${await redis.get('n')}`)

  exporter.reset()
  const other = new Redis(28605)
  const closed = new Promise((resolve) => redis.once('close', resolve))
  await other.client('KILL', 'TYPE', 'normal', 'SKIPME', 'yes')
  await closed
  await Promise.all([redis.incr('n'), redis.incr('n'), redis.incr('n')])
  console.log(`three after a lost connection: spans ${spansOf('incr').length}, the server counts ${await redis.get('n')}`)
  process.exit()
}
void main()
PROGRAM

echo "Node $(node --version), $(./redis-server --version | cut -d' ' -f1-3), ioredis 6.0.0, @opentelemetry/instrumentation-ioredis 0.72.0: INCR"
node program.cjs | tee seen
[ "$(cat seen)" = "$(printf '%s\n' 'the first command: spans 2, the server counts 1' 'three more: spans 3, the server counts 4' \
  'three after a lost connection: spans 6, the server counts 7')" ]
