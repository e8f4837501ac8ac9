#!/bin/sh
# A user that may not run INFO gets no connection from GLIDE. By readFrom 'preferReplica' the error says so at once: the
# user has no permission for INFO. By readFrom 'AZAffinity' GLIDE, which asks INFO for the availability zone too, is
# refused in the same way, asks again until connectionTimeout is over, and says that it timed out: as if the server were
# away.
set -eu
folder=$(mktemp -d)
trap 'kill $(cat "$folder"/*.pid) 2>/dev/null || true; sleep 1; rm -rf "$folder"' EXIT
cd "$folder"
version=5:7.0.15-1~deb12u10
apt-get download "redis-tools=$version" "redis-server=$version" \
  libjemalloc2 liblua5.1-0 liblzf1 lua-bitop lua-cjson >download.log 2>&1
for package in *.deb; do dpkg-deb -x "$package" .; done
libraries=$(find "$folder/usr/lib" -name '*.so*' -exec dirname {} + | sort -u | paste -sd:)
cp usr/bin/redis-check-rdb redis-server
cli() { LD_LIBRARY_PATH=$libraries usr/bin/redis-cli -p 28591 "$@"; }

printf '%s\n' 'port 28591' 'bind 127.0.0.1' 'daemonize yes' "dir $folder" "pidfile $folder/server.pid" 'save ""' \
  "logfile $folder/log" 'user app on >secret ~* &* +@all -info' >conf
LD_LIBRARY_PATH=$libraries ./redis-server conf >/dev/null
until cli PING >reply 2>/dev/null && grep -q PONG reply; do sleep 0.1; done
echo '{ "private": true, "type": "module" }' >package.json
npm install --no-audit --no-fund --loglevel=error @valkey/valkey-glide@2.5.2 >install.log

cat >program.mjs <<'PROGRAM'
import { GlideClient, Logger } from '@valkey/valkey-glide'

Logger.setLoggerConfig('off')
for (const options of [{ readFrom: 'preferReplica' }, { readFrom: 'AZAffinity', clientAz: 'eu-1a' }]) {
  const began = performance.now()
  const problem = await GlideClient.createClient({
    addresses: [{ host: '127.0.0.1', port: 28591 }],
    credentials: { username: 'app', password: 'secret' },
    advancedConfiguration: { connectionTimeout: 2_000 },
    ...options,
  }).then(
    () => 'connected',
    ({ message }) => /timed out|no permissions to run the 'info' command/.exec(message)?.[0] ?? message,
  )
  console.error(`  after ${Math.round(performance.now() - began)} ms`)
  console.log(`${options.readFrom}: ${problem}`)
}
PROGRAM

server=$(cli INFO server | grep redis_version | tr -d '\r')
echo "Node $(node --version), GLIDE 2.5.2, $server: a user without +info connects"
node program.mjs | tee outcome
refused=$(cli ACL LOG | awk 'last == "count" { sum += $1 } { last = $1 } END { print sum }')
echo "times that the server refused INFO: $refused"
[ "$(cat outcome)" = "$(printf "preferReplica: no permissions to run the 'info' command\nAZAffinity: timed out")" ]
