#!/bin/sh
# `keyPrefix` of ioredis and iovalkey holds for `call` too, as far as they know where a command has its keys; else the
# key is sent as it is, without a word. iovalkey knows names in lower case only: call('SET', …) writes outside the
# prefix. ioredis knows the commands of Redis: DELIFEQ of Valkey 9, made to release locks, deletes the key of that name
# outside the prefix.
set -eu
unpack=$(cd "$(dirname "$0")/../scripts/support" && pwd)/apt-unpack.mjs
folder=$(mktemp -d)
trap 'kill "$(cat "$folder/server.pid")" 2>/dev/null || true; sleep 1; rm -rf "$folder"' EXIT
cd "$folder"
cat >unpack.mjs <<'PROGRAM'
const { unpack } = await import(process.argv[2])
const programs = ['valkey-server']
unpack([{ packages: programs, version: '9.1', programs, folder: '.' }], () => {})
PROGRAM
node unpack.mjs "$unpack"
printf '%s\n' 'port 28611' 'bind 127.0.0.1' 'daemonize yes' "dir $folder" "pidfile $folder/server.pid" 'save ""' >conf
bin/valkey-server conf >server.log
echo '{ "private": true, "type": "module" }' >package.json
npm install --no-audit --no-fund --loglevel=error ioredis@6.0.0 iovalkey@0.4.0 >install.log

cat >program.mjs <<'PROGRAM'
import Redis from 'ioredis'
import Valkey from 'iovalkey'

for (const [name, Client] of Object.entries({ ioredis: Redis, iovalkey: Valkey })) {
  const plain = new Client(28611)
  const app = new Client({ port: 28611, keyPrefix: 'app:' })
  const left = async (...command) => {
    await app.call(...command)
    const keys = (await plain.keys('*')).sort()
    await plain.flushall()
    return keys.join()
  }
  const written = [await left('set', 'k', 'v'), await left('SET', 'k', 'v')]
  await plain.mset('k', 'mine', 'app:k', 'mine')
  console.log(`${name}: set writes ${written[0]}, SET writes ${written[1]}; DELIFEQ of k leaves ${await left('DELIFEQ', 'k', 'mine')}`)
  plain.disconnect()
  app.disconnect()
}
PROGRAM

echo "Node $(node --version), $(bin/valkey-server --version | cut -d' ' -f1-3), ioredis 6.0.0, iovalkey 0.4.0: call with keyPrefix app:, the keys on the server"
node program.mjs | tee seen
[ "$(cat seen)" = "$(printf '%s\n' 'ioredis: set writes app:k, SET writes app:k; DELIFEQ of k leaves app:k' \
  'iovalkey: set writes app:k, SET writes k; DELIFEQ of k leaves app:k')" ]
