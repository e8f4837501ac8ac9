#!/bin/sh
# A client of node-redis with a client-side cache reads what it has written itself. In a pool with such a cache
# (createClientPool, clientSideCache) it often does not: each connection is told of changes to what it read itself, so
# the invalidation of a write may come by another connection than its reply, and after it. Who awaits a SET and then
# reads the key is answered from the pool's cache with the value before, until the invalidation is there.
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
printf '%s\n' 'port 28931' 'bind 127.0.0.1' 'daemonize yes' "dir $folder" "pidfile $folder/server.pid" 'save ""' >conf
./redis-server conf >/dev/null
echo '{ "private": true, "type": "module" }' >package.json
npm install --no-audit --no-fund --loglevel=error redis@6.3.1 >install.log

cat >program.mjs <<'PROGRAM'
import { setTimeout } from 'node:timers/promises'
import { createClient, createClientPool } from 'redis'

const options = { url: 'redis://127.0.0.1:28931', RESP: 3 }
const clientSideCache = { ttl: 0, maxEntries: 0 }
const openers = {
  'one client': () => createClient({ ...options, clientSideCache }),
  'a pool of two': () => createClientPool(options, { minimum: 2, maximum: 2, clientSideCache }),
}
const rounds = 1000
const stale = {}
let last
for (const [name, open] of Object.entries(openers)) {
  const client = open()
  client.on('error', () => {})
  await client.connect()
  stale[name] = 0
  for (let round = 1; round <= rounds; round++) {
    await client.set('key', `${name} ${round}`)
    if ((await client.get('key')) !== `${name} ${round}`) stale[name]++
  }
  await setTimeout(500)
  last = await client.get('key')
  console.log(`${name}: ${stale[name]} of ${rounds} times GET gave the value before the awaited SET; later: ${last}`)
  client.destroy()
}
process.exit(stale['one client'] === 0 && stale['a pool of two'] > 0 && last === `a pool of two ${rounds}` ? 0 : 1)
PROGRAM

echo "Node $(node --version), $(./redis-server --version | cut -d' ' -f1-3), node-redis 6.3.1 with a client-side cache"
node program.mjs
