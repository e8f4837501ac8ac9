#!/bin/sh
# twemproxy answers a command that it does not know by closing the connection. ioredis says at each new connection who
# it is (CLIENT SETINFO), from version 6 on behind HELLO 3, and is to go on without either where a server does not
# know them. Of a connection that is closed it thinks that it was lost: it connects again and says the same, for ever,
# and what was asked fails with the number of tries; no event and no error names the command. ioredis 5 gets through
# with `disableClientInfo`, ioredis 6 with `protocol: 2` as well.
set -eu
folder=$(mktemp -d)
trap 'kill $(cat "$folder"/*.pid) 2>/dev/null || true; sleep 1; rm -rf "$folder"' EXIT
cd "$folder"
redis=5:7.0.15-1~deb12u10
proxy=0.5.0+dfsg-2
apt-get download "redis-tools=$redis" "redis-server=$redis" "nutcracker=$proxy" \
  libjemalloc2 liblua5.1-0 liblzf1 lua-bitop lua-cjson libyaml-0-2 >download.log 2>&1
for package in *.deb; do dpkg-deb -x "$package" .; done
LD_LIBRARY_PATH=$(find "$folder/usr/lib" -name '*.so*' -exec dirname {} + | sort -u | paste -sd:)
export LD_LIBRARY_PATH
cp usr/bin/redis-check-rdb redis-server
./redis-server --port 28933 --bind 127.0.0.1 --save '' --daemonize yes --pidfile "$folder/28933.pid" >/dev/null
cat >proxy.yml <<'END'
pool:
  listen: 127.0.0.1:28932
  hash: fnv1a_64
  distribution: ketama
  redis: true
  servers:
   - 127.0.0.1:28933:1 one
END
./usr/sbin/nutcracker -d -c proxy.yml -s 28934 -p "$folder/proxy.pid" -o proxy.log
until [ "$(usr/bin/redis-cli -p 28932 PING)" = PONG ] 2>/dev/null; do sleep 0.1; done
echo '{ "private": true, "type": "module" }' >package.json
npm install --no-audit --no-fund --loglevel=error five@npm:ioredis@5.9.3 six@npm:ioredis@6.0.0 >install.log

cat >program.mjs <<'PROGRAM'
import Five from 'five'
import Six from 'six'

async function outcome(Client, options) {
  const client = new Client({ port: 28932, enableReadyCheck: false, maxRetriesPerRequest: 3, ...options })
  let connected = 0
  client.on('connect', () => connected++)
  client.on('error', () => {})
  const reply = await client.set('key', 'value').catch(({ message }) => message.split('.')[0])
  client.disconnect()
  return `${reply}; connected ${connected > 1 ? 'again and again' : 'once'}`
}
const disableClientInfo = true
console.log(`ioredis 5: ${await outcome(Five)}`)
console.log(`ioredis 5, disableClientInfo: ${await outcome(Five, { disableClientInfo })}`)
console.log(`ioredis 6: ${await outcome(Six)}`)
console.log(`ioredis 6, disableClientInfo: ${await outcome(Six, { disableClientInfo })}`)
console.log(`ioredis 6, disableClientInfo, protocol 2: ${await outcome(Six, { disableClientInfo, protocol: 2 })}`)
PROGRAM

echo "Node $(node --version), ioredis 5.9.3 and 6.0.0, $(./usr/sbin/nutcracker --version 2>&1 | head -1)"
echo "SET over it to $(./redis-server --version | cut -d' ' -f1-3)"
node program.mjs | tee seen
lost='Reached the max retries per request limit (which is 3); connected again and again'
[ "$(cat seen)" = "$(printf '%s\n' "ioredis 5: $lost" 'ioredis 5, disableClientInfo: OK; connected once' \
  "ioredis 6: $lost" "ioredis 6, disableClientInfo: $lost" \
  'ioredis 6, disableClientInfo, protocol 2: OK; connected once')" ]
