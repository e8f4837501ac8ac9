import { createInterface } from 'node:readline'
import { setTimeout as sleep } from 'node:timers/promises'
// The package as it is built: eight processes need not compile its sources.
import { createCaches, type CacheOptions } from 'valkey-cache'
import type { FleetAnswer, FleetOrder } from './fleet.js'

/** A process that loads what it is told to by lines on its standard input, and says `loading` and the key when its loader begins. */
async function main(options: CacheOptions): Promise<void> {
  const caches = createCaches({ cache: options })
  await caches.ready()
  console.log('ready')
  for await (const line of createInterface(process.stdin)) {
    const { key, callers, takes, value } = JSON.parse(line) as FleetOrder
    let loads = 0
    const loader = async (): Promise<string> => {
      loads++
      console.log(`loading ${key}`)
      await sleep(takes)
      return value
    }
    const asked = Array.from({ length: callers }, () => caches.cache.getOrSet(key, loader))
    const values = [...new Set(await Promise.all(asked))]
    const answer: FleetAnswer = { loads, values }
    console.log(JSON.stringify(answer))
  }
  await caches.close()
}

await main(JSON.parse(process.argv[2] ?? '{}') as CacheOptions)
