import { setTimeout as sleep } from 'node:timers/promises'
import { createCaches } from 'valkey-cache'

const location = process.env.VALKEY_URL ?? 'valkey://127.0.0.1:6379/0'
await using caches = createCaches({
  default: { location, prefix: 'ahead', ttl: '10s', refreshAt: 0.01 }, // after 100 ms, to show it; 0.8 is more usual
})
const cache = caches.default
await cache.delete('k') // what an earlier run has left

let loads = 0
const load = async (): Promise<string> => sleep(20, `load ${++loads}`)

console.log(await cache.getOrSet('k', load, { waitForWrite: true })) // load 1
await sleep(150)
console.log(await cache.getOrSet('k', load)) // load 1: fresh, and due: a loader runs in the background
await caches.close() // waits for it
console.log(loads, 'loads') // 2 loads: nobody waited for the second
