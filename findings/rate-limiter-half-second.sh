#!/bin/sh
# rate-limiter-flexible counts within a `duration` in seconds. With one of half a second RateLimiterMemory starts anew
# after half a second. RateLimiterRedis and RateLimiterValkey write the counter without any expiry, and report nothing:
# who has used up the points is refused from then on for ever, with `msBeforeNext` -1.
set -eu
folder=$(mktemp -d)
trap 'kill "$(cat "$folder/server.pid")" 2>/dev/null || true; sleep 1; rm -rf "$folder"' EXIT
cd "$folder"
apt-get download redis-tools=5:7.0.15-1~deb12u10 libjemalloc2 liblua5.1-0 liblzf1 lua-bitop lua-cjson >download.log 2>&1
for package in *.deb; do dpkg-deb -x "$package" .; done
LD_LIBRARY_PATH=$(find "$folder/usr/lib" -name '*.so*' -exec dirname {} + | sort -u | paste -sd:)
export LD_LIBRARY_PATH
cp usr/bin/redis-check-rdb redis-server
printf '%s\n' 'port 28603' 'bind 127.0.0.1' 'daemonize yes' "dir $folder" "pidfile $folder/server.pid" 'save ""' >conf
./redis-server conf >server.log
echo '{ "private": true, "type": "module" }' >package.json
npm install --no-audit --no-fund --loglevel=error rate-limiter-flexible@11.4.0 ioredis@5.11.0 iovalkey@0.4.0 >install.log

cat >program.mjs <<'PROGRAM'
import Redis from 'ioredis'
import Valkey from 'iovalkey'
import { RateLimiterMemory, RateLimiterRedis, RateLimiterValkey } from 'rate-limiter-flexible'

const clients = [new Redis(28603), new Valkey(28603)]
const options = { points: 1, duration: 0.5 }
const limiters = [
  new RateLimiterMemory(options),
  new RateLimiterRedis({ ...options, storeClient: clients[0], keyPrefix: 'redis' }),
  new RateLimiterValkey({ ...options, storeClient: clients[1], keyPrefix: 'valkey' }),
]
const ask = (limiter) =>
  limiter.consume('ada').then(
    ({ msBeforeNext }) => `admitted (${msBeforeNext < 0 ? msBeforeNext : 'a time'})`,
    (refusal) => (refusal instanceof Error ? refusal.message : `refused (${refusal.msBeforeNext < 0 ? refusal.msBeforeNext : 'a time'})`),
  )
for (const limiter of limiters) {
  const seen = [await ask(limiter), await ask(limiter)]
  await new Promise((resolve) => setTimeout(resolve, 2_000))
  console.log(`${limiter.constructor.name}: ${seen.join(', ')}; after two seconds ${await ask(limiter)}`)
}
console.log(`PTTL: ${await clients[0].pttl('redis:ada')} ${await clients[0].pttl('valkey:ada')}`)
for (const client of clients) client.disconnect()
PROGRAM

echo "Node $(node --version), $(./redis-server --version | cut -d' ' -f1-3), rate-limiter-flexible 11.4.0: 1 point, duration 0.5 (msBeforeNext)"
node program.mjs | tee seen
[ "$(cat seen)" = "$(printf '%s\n' 'RateLimiterMemory: admitted (a time), refused (a time); after two seconds admitted (a time)' \
  'RateLimiterRedis: admitted (-1), refused (-1); after two seconds refused (-1)' \
  'RateLimiterValkey: admitted (-1), refused (-1); after two seconds refused (-1)' 'PTTL: -1 -1')" ]
