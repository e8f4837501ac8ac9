#!/bin/sh
# From Valkey 9 on a cluster may have several databases. node-redis takes the database out of a url, redis://host/3, and
# a client of that url writes to database 3. A cluster with that same url among its rootNodes writes to database 0,
# without an error: of a root node only the address is used. `defaults: { database: 3 }` writes to 3.
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
printf '%s\n' 'port 28608' 'bind 127.0.0.1' 'daemonize yes' "dir $folder" "pidfile $folder/server.pid" 'save ""' 'cluster-enabled yes' 'cluster-databases 16' >conf
bin/valkey-server conf >server.log
echo '{ "private": true, "type": "module" }' >package.json
npm install --no-audit --no-fund --loglevel=error redis@6.3.1 >install.log

cat >program.mjs <<'PROGRAM'
import { createClient, createCluster } from 'redis'

const url = 'redis://127.0.0.1:28608'
const admin = await createClient({ url }).connect()
await admin.sendCommand(['CLUSTER', 'ADDSLOTSRANGE', '0', '16383'])
while (!(await admin.sendCommand(['CLUSTER', 'INFO'])).includes('cluster_state:ok'))
  await new Promise((resolve) => setTimeout(resolve, 100))

const clients = {
  'createClient, url /3': createClient({ url: `${url}/3` }),
  'createCluster, url /3': createCluster({ rootNodes: [{ url: `${url}/3` }] }),
  'createCluster, database 3 of the root node': createCluster({ rootNodes: [{ url, database: 3 }] }),
  'createCluster, database 3 of defaults': createCluster({ rootNodes: [{ url }], defaults: { database: 3 } }),
}
for (const [name, client] of Object.entries(clients)) {
  await admin.flushAll()
  await client.connect()
  await client.set('key', 'value')
  client.destroy()
  console.log(`${name}: ${/db\d+/.exec(await admin.info('keyspace'))[0]}`)
}
admin.destroy()
PROGRAM

echo "Node $(node --version), $(bin/valkey-server --version | cut -d' ' -f1-3), node-redis 6.3.1: where SET writes"
node program.mjs | tee seen
[ "$(cat seen)" = "$(printf '%s\n' 'createClient, url /3: db3' 'createCluster, url /3: db0' \
  'createCluster, database 3 of the root node: db0' 'createCluster, database 3 of defaults: db3')" ]
