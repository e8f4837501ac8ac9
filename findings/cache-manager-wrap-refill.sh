#!/bin/sh
# cache-manager over two stores, memory and a server: `wrap` copies what it finds on the server into memory, for the
# whole ttl again and not for what is left of it. So a process that asked late serves a value past its ttl, while the
# server has a newer one and all others serve that. cacheable, of the same authors, keeps it for what is left.
set -eu
folder=$(mktemp -d)
trap 'kill "$(cat "$folder/server.pid")" 2>/dev/null || true; sleep 1; rm -rf "$folder"' EXIT
cd "$folder"
apt-get download redis-tools=5:7.0.15-1~deb12u10 libjemalloc2 liblua5.1-0 liblzf1 lua-bitop lua-cjson >download.log 2>&1
for package in *.deb; do dpkg-deb -x "$package" .; done
LD_LIBRARY_PATH=$(find "$folder/usr/lib" -name '*.so*' -exec dirname {} + | sort -u | paste -sd:)
export LD_LIBRARY_PATH
cp usr/bin/redis-check-rdb redis-server
printf '%s\n' 'port 28612' 'bind 127.0.0.1' 'daemonize yes' "dir $folder" "pidfile $folder/server.pid" 'save ""' >conf
./redis-server conf >server.log
echo '{ "private": true, "type": "module" }' >package.json
npm install --no-audit --no-fund --loglevel=error cache-manager@7.2.9 cacheable@2.5.0 keyv@5.6.0 @keyv/redis@5.1.6 >install.log

cat >program.mjs <<'PROGRAM'
import KeyvRedis from '@keyv/redis'
import { createCache } from 'cache-manager'
import { Cacheable } from 'cacheable'
import { Keyv } from 'keyv'

const server = () => new Keyv({ store: new KeyvRedis('redis://127.0.0.1:28612') })
const until = (began, ms) => new Promise((resolve) => setTimeout(resolve, began + ms - performance.now()))
const ttl = 2_000

async function see(name, readerOf) {
  const [one, other, third] = [readerOf(name), readerOf(name), readerOf(name)]
  let made = 0
  const make = async () => `value ${++made}`
  const began = performance.now()
  const seen = [`0 s ${await one(make)}`]
  await until(began, 1_500)
  seen.push(`1.5 s, another process ${await other(make)}`)
  await until(began, 2_500)
  seen.push(`2.5 s ${await one(make)}, a third process ${await third(make)}, the other one ${await other(make)}`)
  console.log(`${name}: ${seen.join('; ')}`)
}
await see('cache-manager', (key) => {
  const cache = createCache({ stores: [new Keyv(), server()] })
  return (make) => cache.wrap(key, make, ttl)
})
await see('cacheable', (key) => {
  const cache = new Cacheable({ secondary: server() })
  return (make) => cache.getOrSet(key, make, { ttl })
})
process.exit()
PROGRAM

echo "Node $(node --version), $(./redis-server --version | cut -d' ' -f1-3), cache-manager 7.2.9, cacheable 2.5.0: a ttl of 2 s, what each process gives"
node program.mjs | tee seen
[ "$(cat seen)" = "$(printf '%s\n' \
  'cache-manager: 0 s value 1; 1.5 s, another process value 1; 2.5 s value 2, a third process value 2, the other one value 1' \
  'cacheable: 0 s value 1; 1.5 s, another process value 1; 2.5 s value 2, a third process value 2, the other one value 2')" ]
