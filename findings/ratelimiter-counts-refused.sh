#!/bin/sh
# ratelimiter counts requests of a moving window, and those that it refuses count as well. Who asks steadily, and a
# little more often than is allowed, is let through up to the limit once and from then on never again, at 7 requests a
# second of which 5 are allowed. rate-limiter-flexible, whose windows stand, lets 5 through in each second.
set -eu
folder=$(mktemp -d)
trap 'kill $(cat "$folder"/*.pid) 2>/dev/null || true; sleep 1; rm -rf "$folder"' EXIT
cd "$folder"
version=5:7.0.15-1~deb12u10
apt-get download "redis-tools=$version" "redis-server=$version" \
  libjemalloc2 liblua5.1-0 liblzf1 lua-bitop lua-cjson >download.log 2>&1
for package in *.deb; do dpkg-deb -x "$package" .; done
LD_LIBRARY_PATH=$(find "$folder/usr/lib" -name '*.so*' -exec dirname {} + | sort -u | paste -sd:)
export LD_LIBRARY_PATH
cp usr/bin/redis-check-rdb redis-server
printf '%s\n' 'port 28935' 'bind 127.0.0.1' 'daemonize yes' "dir $folder" "pidfile $folder/server.pid" 'save ""' >conf
./redis-server conf >/dev/null
echo '{ "private": true, "type": "module" }' >package.json
npm install --no-audit --no-fund --loglevel=error ratelimiter@3.4.1 rate-limiter-flexible@11.4.0 ioredis@5.9.3 \
  >install.log

cat >program.mjs <<'PROGRAM'
import { setTimeout } from 'node:timers/promises'
import { promisify } from 'node:util'
import Redis from 'ioredis'
import Limiter from 'ratelimiter'
import { RateLimiterRedis } from 'rate-limiter-flexible'

const redis = new Redis(28935)
const flexible = new RateLimiterRedis({ storeClient: redis, points: 5, duration: 1 })
const limiters = {
  ratelimiter: async () => {
    const limiter = new Limiter({ id: 'caller', db: redis, max: 5, duration: 1000 })
    return (await promisify(limiter.get.bind(limiter))()).remaining > 0
  },
  'rate-limiter-flexible': () => flexible.consume('caller').then(() => true, () => false),
}
const late = {}
for (const [name, ask] of Object.entries(limiters)) {
  const through = []
  for (let request = 0; request < 56; request++) {
    through.push(await ask())
    await setTimeout(1000 / 7)
  }
  late[name] = through.slice(14).filter(Boolean).length
  console.log(`${name}: of 56 requests these were let through: ${through.map((yes) => (yes ? 'x' : '.')).join('')}`)
}
redis.disconnect()
process.exit(late.ratelimiter === 0 && late['rate-limiter-flexible'] >= 20 ? 0 : 1)
PROGRAM

echo "Node $(node --version), $(./redis-server --version | cut -d' ' -f1-3)"
echo 'ratelimiter 3.4.1, rate-limiter-flexible 11.4.0: 7 requests a second, 5 are allowed'
node program.mjs
