#!/bin/sh
# connect-redis puts its prefix into the pattern of SCAN as it is. With a prefix that has a bracket sessions are
# written and read, but `length` counts none of them, `all` and `ids` list none, and `clear` deletes none and reports
# success. With a question mark or a star they count and list sessions of other prefixes too, and `clear` of one store
# deletes those of another.
set -eu
folder=$(mktemp -d)
trap 'kill "$(cat "$folder/server.pid")" 2>/dev/null || true; sleep 1; rm -rf "$folder"' EXIT
cd "$folder"
apt-get download redis-tools=5:7.0.15-1~deb12u10 libjemalloc2 liblua5.1-0 liblzf1 lua-bitop lua-cjson >download.log 2>&1
for package in *.deb; do dpkg-deb -x "$package" .; done
LD_LIBRARY_PATH=$(find "$folder/usr/lib" -name '*.so*' -exec dirname {} + | sort -u | paste -sd:)
export LD_LIBRARY_PATH
cp usr/bin/redis-check-rdb redis-server
printf '%s\n' 'port 28581' 'bind 127.0.0.1' 'daemonize yes' "dir $folder" "pidfile $folder/server.pid" 'save ""' >conf
./redis-server conf >server.log

echo '{ "private": true, "type": "module" }' >package.json
npm install --no-audit --no-fund --loglevel=error connect-redis@9.0.0 redis@5.12.1 express-session@1.19.0 >install.log

cat >program.mjs <<'PROGRAM'
import { RedisStore } from 'connect-redis'
import { createClient } from 'redis'

const client = await createClient({ url: 'redis://127.0.0.1:28581' }).connect()
const other = new RedisStore({ client, prefix: 'shop2:' })
for (const prefix of ['shop:', 'shop[1]:', 'shop?:', 'shop*:']) {
  await client.flushDb()
  const store = new RedisStore({ client, prefix })
  await store.set('a', { cookie: {}, user: 'ada' })
  await other.set('b', { cookie: {}, user: 'bob' })
  const seen = [(await store.get('a')).user, await store.length(), `[${(await store.ids()).sort()}]`, (await store.all()).length]
  await store.clear()
  console.log(prefix, ...seen, '|', (await store.get('a'))?.user ?? 'gone', (await other.get('b'))?.user ?? 'gone')
}
client.destroy()
PROGRAM

echo "$(./redis-server --version | cut -d' ' -f1-3), connect-redis 9.0.0, beside a store with the prefix shop2: and one session, b"
echo 'prefix, get, length, ids, how many all gives | get and the get of the other store after clear'
node program.mjs | tee seen
[ "$(cat seen)" = "$(printf '%s\n' 'shop: ada 1 [a] 1 | gone bob' 'shop[1]: ada 0 [] 0 | ada bob' \
  'shop?: ada 2 [a,b] 2 | gone gone' 'shop*: ada 2 [a,b] 2 | gone gone')" ]
