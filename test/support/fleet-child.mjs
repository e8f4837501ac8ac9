// A process that loads what it is told to by lines on its standard input, and says `loading` and the key when its loader
// begins.
// Without TypeScript: eight of these start in the time of one with it.
import { createInterface } from 'node:readline'
import { setTimeout as sleep } from 'node:timers/promises'
import { createCaches } from 'valkey-cache'

const caches = createCaches({ cache: JSON.parse(process.argv[2]) })
await caches.ready()
console.log('ready')
for await (const line of createInterface(process.stdin)) void answer(JSON.parse(line))
await caches.close()

async function answer({ key, callers, takes, value }) {
  let loads = 0
  const loader = async () => {
    loads++
    console.log(`loading ${key}`)
    await sleep(takes)
    return value
  }
  const asked = Array.from({ length: callers }, () => caches.cache.getOrSet(key, loader))
  const values = [...new Set(await Promise.all(asked))]
  console.log(JSON.stringify({ loads, values }))
}
