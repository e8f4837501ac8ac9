#!/bin/sh
# A time to live that was computed has a fraction easily, as 60_000 / 7 ms. Keyv 5 passes it on as it is. In memory
# the value is kept; over @keyv/redis and @keyv/valkey `set` gives true, and nothing is kept. @keyv/redis has an event
# "error" of it, @keyv/valkey not even that. Over Keyv 6 the same stores keep the value.
set -eu
folder=$(mktemp -d)
trap 'kill "$(cat "$folder/server.pid")" 2>/dev/null || true; sleep 1; rm -rf "$folder"' EXIT
cd "$folder"
apt-get download redis-tools=5:7.0.15-1~deb12u10 libjemalloc2 liblua5.1-0 liblzf1 lua-bitop lua-cjson >download.log 2>&1
for package in *.deb; do dpkg-deb -x "$package" .; done
LD_LIBRARY_PATH=$(find "$folder/usr/lib" -name '*.so*' -exec dirname {} + | sort -u | paste -sd:)
export LD_LIBRARY_PATH
cp usr/bin/redis-check-rdb redis-server
printf '%s\n' 'port 28604' 'bind 127.0.0.1' 'daemonize yes' "dir $folder" "pidfile $folder/server.pid" 'save ""' >conf
./redis-server conf >server.log
echo '{ "private": true, "type": "module" }' >package.json
npm install --no-audit --no-fund --loglevel=error keyv@5.6.0 keyv-6@npm:keyv@6.1.0 @keyv/redis@5.1.6 @keyv/valkey@1.0.11 >install.log

cat >program.mjs <<'PROGRAM'
import KeyvRedis from '@keyv/redis'
import KeyvValkey from '@keyv/valkey'
import Keyv5 from 'keyv'
import Keyv6 from 'keyv-6'

const url = 'redis://127.0.0.1:28604'
const stores = { memory: () => new Map(), '@keyv/redis': () => new KeyvRedis(url), '@keyv/valkey': () => new KeyvValkey(url) }
for (const [version, Keyv] of [[5, Keyv5], [6, Keyv6]])
  for (const [name, store] of Object.entries(stores)) {
    const keyv = new Keyv({ store: store(), namespace: `${name}-${version}` })
    let errors = 0
    keyv.on('error', () => errors++)
    console.log(`Keyv ${version}, ${name}: set ${await keyv.set('key', 'value', 60_000 / 7)}, get ${await keyv.get('key')}, errors ${errors}`)
  }
process.exit()
PROGRAM

echo "Node $(node --version), $(./redis-server --version | cut -d' ' -f1-3), Keyv 5.6.0 and 6.1.0, @keyv/redis 5.1.6, @keyv/valkey 1.0.11: a ttl of 60000 / 7 ms"
node program.mjs | tee seen
[ "$(cat seen)" = "$(printf '%s\n' 'Keyv 5, memory: set true, get value, errors 0' \
  'Keyv 5, @keyv/redis: set true, get undefined, errors 1' 'Keyv 5, @keyv/valkey: set true, get undefined, errors 0' \
  'Keyv 6, memory: set true, get value, errors 0' 'Keyv 6, @keyv/redis: set true, get value, errors 0' \
  'Keyv 6, @keyv/valkey: set true, get value, errors 0')" ]
