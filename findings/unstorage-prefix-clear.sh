#!/bin/sh
# unstorage's prefixStorage(storage, 'user') reads, writes and lists what lies under user:. Its clear() deletes nothing
# and reports nothing, unless a driver is mounted at user: storage.clear(base) asks drivers by where they are mounted,
# not keys by their names.
set -eu
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"
echo '{ "private": true, "type": "module" }' >package.json
npm install --no-audit --no-fund --loglevel=error unstorage@1.17.6 >install.log

cat >program.mjs <<'PROGRAM'
import { createStorage, prefixStorage } from 'unstorage'
import memory from 'unstorage/drivers/memory'

for (const mounted of [false, true]) {
  const storage = createStorage({ driver: memory() })
  if (mounted) storage.mount('user', memory())
  const users = prefixStorage(storage, 'user')
  await users.setItem('ada', 1)
  await storage.setItem('other', 1)
  const before = await users.getKeys()
  await users.clear()
  console.log(`${mounted ? 'mounted' : 'not mounted'}: keys [${before}], after clear() [${await users.getKeys()}]`)
}
PROGRAM

echo "Node $(node --version), unstorage 1.17.6: prefixStorage(storage, 'user'), and whether a driver is mounted at user"
node program.mjs | tee seen
[ "$(cat seen)" = "$(printf '%s\n' 'not mounted: keys [ada], after clear() [ada]' 'mounted: keys [ada], after clear() []')" ]
