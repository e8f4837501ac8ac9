#!/bin/sh
# A replica of Valkey 8.1 copies a primary of 9.1, has its link up and the same offset, and refuses each write by a
# command that it does not know. WAIT counts it all the same. Of a transaction or a script in which one command is new
# it drops the others too, such as a SET, since its EXEC is refused as a whole: what that replica lacks are not the
# new commands' keys alone.
set -eu
unpack=$(cd "$(dirname "$0")/../scripts/support" && pwd)/apt-unpack.mjs
folder=$(mktemp -d)
trap 'kill $(cat "$folder"/*/server.pid) 2>/dev/null || true; sleep 1; rm -rf "$folder"' EXIT
cd "$folder"
cat >unpack.mjs <<'PROGRAM'
const { unpack } = await import(process.argv[2])
const programs = ['valkey-server']
unpack(['9.1', '8.1'].map((version) => ({ packages: programs, version, programs, folder: version })), () => {})
PROGRAM
node unpack.mjs "$unpack"
start() {
  version=$1 port=$2
  shift 2
  mkdir "$port"
  printf '%s\n' "port $port" 'bind 127.0.0.1' 'daemonize yes' "dir $folder/$port" "pidfile $folder/$port/server.pid" \
    'save ""' "$@" >"$port/conf"
  "$version/bin/valkey-server" "$port/conf" >"$port/log"
}
start 9.1 28951 'repl-diskless-sync-delay 0'
start 8.1 28952 'replicaof 127.0.0.1 28951'
echo '{ "private": true, "type": "module" }' >package.json
npm install --no-audit --no-fund --loglevel=error ioredis@6.0.0 >install.log

cat >program.mjs <<'PROGRAM'
import { setTimeout } from 'node:timers/promises'
import Redis from 'ioredis'

const [primary, replica] = [28951, 28952].map((port) => new Redis(port))
const told = async (node, name) => new RegExp(`^${name}:(\\S+)`, 'm').exec(await node.info())[1]
await primary.set('before', 1)
const linked = async () => (await told(replica, 'master_link_status')) === 'up'
while (!(await linked()) || (await replica.get('before')) !== '1') await setTimeout(100)

const waited = []
const write = async (call) => {
  await call()
  waited.push(await primary.wait(1, 10_000))
}
await write(() => primary.set('plain', 1))
await write(() => primary.call('HSETEX', 'hash', 'EX', 1_000, 'FIELDS', 1, 'field', 'value'))
await write(() => primary.multi().set('in a transaction', 1).call('MSETEX', 1, 'several', 1, 'EX', 1_000).exec())
const script = "server.call('SET', KEYS[1], 1) return server.call('HSETEX', KEYS[2], 'EX', 99, 'FIELDS', 1, 'f', 'v')"
await write(() => primary.eval(script, 2, 'in a script', 'hash of the script'))
await write(() => primary.set('after', 1))

const keysOf = async (node) => (await node.keys('*')).sort().join(', ')
const [keys, copied] = [await keysOf(primary), await keysOf(replica)]
const same = (await told(primary, 'master_repl_offset')) === (await told(replica, 'slave_repl_offset'))
const link = await told(replica, 'master_link_status')
console.log(`WAIT 1 after each of five writes: ${waited}`)
console.log(`the replica: link ${link}, ${same ? 'the same offset' : 'another offset'}, ` +
  `refused ${await told(replica, 'unexpected_error_replies')} commands`)
console.log(`keys of the primary: ${keys}\nkeys of the replica: ${copied}`)
const whole = 'after, before, hash, hash of the script, in a script, in a transaction, plain, several'
const seen = [waited.join(), link, same, keys, copied]
process.exit(seen.join('; ') === `1,1,1,1,1; up; true; ${whole}; after, before, plain` ? 0 : 1)
PROGRAM

versions=$(for version in 9.1 8.1; do "$version/bin/valkey-server" --version | cut -d' ' -f3; done | paste -sd' ')
echo "Node $(node --version), ioredis 6.0.0, Valkey $versions as primary and replica"
node program.mjs
