// Counts promises. Nothing here awaits or makes one while it counts, so all of them are the cache's own.
import { createHook } from 'node:async_hooks'
import { open } from '../contestants/our-cache.mjs'

let promises = 0
const hook = createHook({ init: (id, type) => void (type === 'PROMISE' && promises++) })

async function main({ server, dist }) {
  const cache = await open(server, { dist })
  const value = { id: 1, name: 'Ada Lovelace', tags: ['analyst', 'engine'] }
  const operations = {
    get: () => cache.get('bench:promises'),
    set: () => cache.set('bench:promises', value),
    getOrSet: () => cache.getOrSet('bench:promises', () => value),
    getMany: () => cache.getMany(['bench:promises', 'bench:absent']),
  }
  await operations.set()
  const counts = []
  for (const [operation, call] of Object.entries(operations)) {
    for (const inFlight of [1, 64]) counts.push({ operation, inFlight, promises: await count(call, inFlight) })
  }
  await cache.close()
  process.send(counts, () => process.disconnect())
}

/** Promises per call, the lowest of several tries: a heartbeat may fall into one. */
async function count(call, inFlight) {
  for (let warm = 0; warm < 20; warm++) await call()
  const tries = []
  for (let attempt = 0; attempt < 20; attempt++) tries.push(await countOnce(call, inFlight))
  return Math.min(...tries)
}

async function countOnce(call, inFlight) {
  const calls = []
  const counted = await new Promise((resolve) => {
    const before = promises
    hook.enable()
    for (let index = 0; index < inFlight; index++) calls.push(call())
    setTimeout(() => {
      hook.disable()
      resolve(promises - before)
    }, 20)
  })
  await Promise.all(calls)
  return counted / inFlight
}

await main(JSON.parse(process.argv[2]))
