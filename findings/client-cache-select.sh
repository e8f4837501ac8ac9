#!/bin/sh
# The client-side caches of node-redis and of GLIDE know keys by their names alone. After SELECT on the same client a
# key that was read before is answered from the cache with what another database holds, though it is not there in this
# one; a key that was not read before is answered rightly.
set -eu
folder=$(mktemp -d)
trap 'kill "$(cat "$folder/server.pid")" 2>/dev/null || true; sleep 1; rm -rf "$folder"' EXIT
cd "$folder"
apt-get download redis-tools=5:7.0.15-1~deb12u10 libjemalloc2 liblua5.1-0 liblzf1 lua-bitop lua-cjson >download.log 2>&1
for package in *.deb; do dpkg-deb -x "$package" .; done
LD_LIBRARY_PATH=$(find "$folder/usr/lib" -name '*.so*' -exec dirname {} + | sort -u | paste -sd:)
export LD_LIBRARY_PATH
cp usr/bin/redis-check-rdb redis-server
printf '%s\n' 'port 28601' 'bind 127.0.0.1' 'daemonize yes' "dir $folder" "pidfile $folder/server.pid" 'save ""' >conf
./redis-server conf >server.log
echo '{ "private": true, "type": "module" }' >package.json
npm install --no-audit --no-fund --loglevel=error redis@6.3.1 @valkey/valkey-glide@2.5.2 >install.log

cat >program.mjs <<'PROGRAM'
import { ClientSideCache, GlideClient, Logger, ProtocolVersion } from '@valkey/valkey-glide'
import { createClient } from 'redis'

Logger.setLoggerConfig('off')
const host = '127.0.0.1'
const port = 28601
const writer = await createClient({ url: `redis://${host}:${port}` }).connect()
await writer.mSet({ read: 'of 0', unread: 'of 0' })

const clients = {
  'node-redis': await createClient({ url: `redis://${host}:${port}`, RESP: 3, clientSideCache: {} }).connect(),
  GLIDE: await GlideClient.createClient({
    addresses: [{ host, port }],
    protocol: ProtocolVersion.RESP3,
    clientSideCache: ClientSideCache.create(1024, 0, { serverAssisted: true }),
  }),
}
for (const [name, client] of Object.entries(clients)) {
  const before = await client.get('read')
  await client.select(1)
  console.log(`${name}: in 0 '${before}'; in 1 '${await client.get('read')}', and '${await client.get('unread')}'`)
}
clients.GLIDE.close()
clients['node-redis'].destroy()
await writer.select(1)
console.log(`keys of database 1: ${await writer.dbSize()}`)
writer.destroy()
PROGRAM

echo "Node $(node --version), $(./redis-server --version | cut -d' ' -f1-3), node-redis 6.3.1, GLIDE 2.5.2: a key that was read in database 0"
echo 'is read in 0, then in 1, and then one that was not read before in 1'
node program.mjs | tee seen
[ "$(cat seen)" = "$(printf '%s\n' "node-redis: in 0 'of 0'; in 1 'of 0', and 'null'" "GLIDE: in 0 'of 0'; in 1 'of 0', and 'null'" \
  'keys of database 1: 0')" ]
