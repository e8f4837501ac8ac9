import { setTimeout as sleep } from 'node:timers/promises'
import { createCaches } from 'valkey-cache'

const location = process.env.VALKEY_URL ?? 'valkey://127.0.0.1:6379/0'
await using caches = createCaches({ default: { location, prefix: 'stale', ttl: 50, grace: '1h', onError: () => {} } })
const cache = caches.default

let price = 1
const findPrice = async (): Promise<string> => sleep(20, `${price++} EUR`)
const askPrice = (): Promise<string> => cache.getOrSet('price', findPrice, { waitForWrite: true })

console.log(await askPrice()) // 1 EUR: loaded
await sleep(100) // its ttl is over, its grace is not
console.log(await askPrice()) // 1 EUR: stale, at once; a loader runs in the background
await sleep(500)
console.log(await askPrice()) // 2 EUR: what it loaded, which is stale by now as well

const failing = (): never => {
  throw new Error('the shop does not answer')
}
console.log(await cache.getOrSet('price', failing)) // 2 EUR or 3 EUR: better than no price
