#!/bin/sh
# GLIDE's client-side cache, as it is without `serverAssisted`, drops nothing for what its own client does: after set, incr,
# del and flushall the next read of that same client is answered as before, and so is a key whose time to live is
# over. With an entry ttl of 0 ("until evicted or invalidated") that lasts as long as there is memory.
set -eu
folder=$(mktemp -d)
trap 'kill "$(cat "$folder/server.pid")" 2>/dev/null || true; sleep 1; rm -rf "$folder"' EXIT
cd "$folder"
apt-get download redis-tools=5:7.0.15-1~deb12u10 libjemalloc2 liblua5.1-0 liblzf1 lua-bitop lua-cjson >download.log 2>&1
for package in *.deb; do dpkg-deb -x "$package" .; done
LD_LIBRARY_PATH=$(find "$folder/usr/lib" -name '*.so*' -exec dirname {} + | sort -u | paste -sd:)
export LD_LIBRARY_PATH
cp usr/bin/redis-check-rdb redis-server
printf '%s\n' 'port 28602' 'bind 127.0.0.1' 'daemonize yes' "dir $folder" "pidfile $folder/server.pid" 'save ""' >conf
./redis-server conf >server.log
echo '{ "private": true, "type": "module" }' >package.json
npm install --no-audit --no-fund --loglevel=error @valkey/valkey-glide@2.5.2 >install.log

cat >program.mjs <<'PROGRAM'
import { ClientSideCache, GlideClient, Logger, ProtocolVersion, TimeUnit } from '@valkey/valkey-glide'

Logger.setLoggerConfig('off')
const addresses = [{ host: '127.0.0.1', port: 28602 }]
const plain = await GlideClient.createClient({ addresses })

async function see(serverAssisted) {
  await plain.flushall()
  const clientSideCache = ClientSideCache.create(1024, 0, { serverAssisted })
  const client = await GlideClient.createClient({ addresses, protocol: ProtocolVersion.RESP3, clientSideCache })
  const seen = []
  const note = async (what, key) => {
    await new Promise((resolve) => setTimeout(resolve, 100))
    seen.push(`${what} '${await client.get(key)}' (${await plain.get(key)})`)
  }
  for (const key of ['a', 'b', 'c']) await client.set(key, '1')
  await client.set('d', '1', { expiry: { type: TimeUnit.Milliseconds, count: 50 } })
  for (const key of ['a', 'b', 'c', 'd']) await client.get(key)
  await client.set('a', '2')
  await note('set 2', 'a')
  await client.incr('b')
  await note('incr', 'b')
  await client.del(['c'])
  await note('del', 'c')
  await plain.get('d')
  await note('past its ttl', 'd')
  await client.flushall()
  await note('flushall', 'a')
  client.close()
  return seen.join(', ')
}
console.log(await see(false))
console.log(await see(true))
plain.close()
PROGRAM

echo "Node $(node --version), $(./redis-server --version | cut -d' ' -f1-3), GLIDE 2.5.2: what get gives after the client's own writes (what the server has)"
node program.mjs | tee seen
echo 'the first line without serverAssisted, the second with it'
[ "$(cat seen)" = "$(printf '%s\n' \
  "set 2 '1' (2), incr '1' (2), del '1' (null), past its ttl '1' (null), flushall '1' (null)" \
  "set 2 '2' (2), incr '2' (2), del 'null' (null), past its ttl 'null' (null), flushall 'null' (null)")" ]
