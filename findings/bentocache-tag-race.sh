#!/bin/sh
# bentocache's getOrSet stamps a value with the time at which its factory has ended (`createdAt: Date.now()` when it is
# written). So deleteByTag, called while a factory runs that has read its source already, is lost for that value: what the
# factory read before the change is served from then on, for as long as the entry lives.
set -eu
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"
version=${1:-1.6.1}
npm init --yes >/dev/null
npm install --silent --no-audit --no-fund "bentocache@$version" >/dev/null
cat >race.mjs <<'PROGRAM'
import { BentoCache, bentostore } from 'bentocache'
import { memoryDriver } from 'bentocache/drivers/memory'

const stores = { memory: bentostore().useL1Layer(memoryDriver({})) }
const cache = new BentoCache({ default: 'memory', stores })
let source = 'before'
const read = (factory) => cache.getOrSet({ key: 'k', tags: ['t'], ttl: '1h', factory })

await read(async () => {
  const value = source
  source = 'after'
  await cache.deleteByTag({ tags: ['t'] })
  await new Promise((resolve) => setTimeout(resolve, 50))
  return value
})
const served = await read(async () => source)
console.log(`the source says '${source}', the tag was deleted after it was changed, and getOrSet gives '${served}'`)
process.exitCode = served === 'before' ? 0 : 1
PROGRAM
echo "bentocache $(node -p "require('bentocache/package.json').version" 2>/dev/null || echo "$version"), Node $(node --version)"
node race.mjs
