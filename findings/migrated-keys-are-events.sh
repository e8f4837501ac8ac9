#!/bin/sh
# CLUSTER MIGRATESLOTS of Valkey 9 moves a slot at once, as its clients see it: until then the new node counts none of
# the keys that it was sent and answers MOVED for them. To those who listen to keyspace events it announces each of
# them all the same, as one that was set, and that was given a time to live, just now. If the migration is cancelled,
# the keys that it announced are dropped without an event; the old node, which has them all the time, announces
# nothing.
set -eu
unpack=$(cd "$(dirname "$0")/../scripts/support" && pwd)/apt-unpack.mjs
folder=$(mktemp -d)
trap 'kill $(cat "$folder"/*/server.pid) 2>/dev/null || true; sleep 1; rm -rf "$folder"' EXIT
cd "$folder"
cat >unpack.mjs <<'PROGRAM'
const { unpack } = await import(process.argv[2])
const programs = ['valkey-server']
unpack([{ packages: programs, version: '9.1', programs, folder: '.' }], () => {})
PROGRAM
node unpack.mjs "$unpack"
for port in 28941 28942; do
  mkdir "$port"
  printf '%s\n' "port $port" 'bind 127.0.0.1' 'daemonize yes' "dir $folder/$port" "pidfile $folder/$port/server.pid" \
    'save ""' 'cluster-enabled yes' "cluster-port $((port + 100))" 'notify-keyspace-events AKE' >"$port/conf"
  bin/valkey-server "$port/conf" >"$port/log"
done
echo '{ "private": true, "type": "module" }' >package.json
npm install --no-audit --no-fund --loglevel=error ioredis@6.0.0 >install.log

cat >program.mjs <<'PROGRAM'
import { setTimeout } from 'node:timers/promises'
import Redis from 'ioredis'

const [old, next] = [28941, 28942].map((port) => new Redis(port))
await old.call('CLUSTER', 'ADDSLOTSRANGE', 0, 16383)
await old.call('CLUSTER', 'MEET', '127.0.0.1', 28942, 29042)
const works = async (node) => (await node.call('CLUSTER', 'INFO')).includes('cluster_state:ok')
while (!(await works(old)) || !(await works(next))) await setTimeout(100)

const slot = await old.call('CLUSTER', 'KEYSLOT', '{a}')
for (let number = 0; number < 30; number++) await old.set(`{a}${number}`, 'value'.repeat(5_000), 'EX', 1_000)
const listen = async (port) => {
  const events = {}
  const listener = new Redis(port)
  await listener.psubscribe('__keyspace@0__:*')
  listener.on('pmessage', (_pattern, _channel, event) => (events[event] = (events[event] ?? 0) + 1))
  return events
}
const [ofOld, ofNext] = [await listen(28941), await listen(28942)]
await old.config('SET', 'rdb-key-save-delay', 200_000) // μs for each key, so that there is time to look and to cancel
await old.call('CLUSTER', 'MIGRATESLOTS', 'SLOTSRANGE', slot, slot, 'NODE', await next.call('CLUSTER', 'MYID'))
while (!(ofNext.set >= 5) || !(ofNext.expire >= 5)) await setTimeout(50)
const reply = await next.get('{a}0').catch(({ message }) => message.split(' ')[0])
const counted = await next.dbsize()
console.log(`while it moves, on the new node: events set and expire; DBSIZE ${counted}; GET of a key: ${reply}`)
await old.call('CLUSTER', 'CANCELSLOTMIGRATIONS')
await setTimeout(1_000)
const left = [await old.dbsize(), await next.dbsize()]
console.log(`cancelled: ${left[0]} keys on the old node, ${left[1]} on the new; kinds of events that were heard:`)
const kinds = [ofOld, ofNext].map((events) => Object.keys(events).sort().join(' and ') || 'none')
console.log(`old node: ${kinds[0]}; new node: ${kinds[1]}`)
const seen = [reply, counted, ...left, ...kinds]
process.exit(seen.join() === 'MOVED,0,30,0,none,expire and set' ? 0 : 1)
PROGRAM

echo "Node $(node --version), $(bin/valkey-server --version | cut -d' ' -f1-3), ioredis 6.0.0: a slot of 30 keys"
node program.mjs
