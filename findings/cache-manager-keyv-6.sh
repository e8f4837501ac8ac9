#!/bin/sh
# cache-manager takes stores of Keyv. With one of Keyv 6 nothing fails and nothing is cached: `wrap` runs its function at
# every call, over Keyv's own memory too. With Keyv 5 it runs once.
set -eu
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"
echo '{ "private": true, "type": "module" }' >package.json
npm install --no-audit --no-fund --loglevel=error cache-manager@7.2.9 keyv@6.1.0 keyv-5@npm:keyv@5.6.0 >install.log

cat >program.mjs <<'PROGRAM'
import { createCache } from 'cache-manager'
import Keyv6 from 'keyv'
import Keyv5 from 'keyv-5'

for (const [name, Keyv] of [['Keyv 5', Keyv5], ['Keyv 6', Keyv6]]) {
  const manager = createCache({ stores: [new Keyv()], ttl: 60_000 })
  let runs = 0
  for (let n = 0; n < 3; n++) await manager.wrap('key', async () => ({ run: ++runs }))
  console.log(`${name}: ${runs}`)
}
PROGRAM

echo "Node $(node --version), cache-manager 7.2.9, Keyv 5.6.0 and 6.1.0: how often the function of three wraps ran"
node program.mjs | tee runs
[ "$(cat runs)" = "$(printf 'Keyv 5: 1\nKeyv 6: 3')" ]
