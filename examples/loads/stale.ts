import { setTimeout as sleep } from 'node:timers/promises'
import { createCaches } from 'valkey-cache'

const location = process.env.VALKEY_URL ?? 'valkey://127.0.0.1:6379/0'
await using caches = createCaches({ default: { location, prefix: 'stale', grace: '1h', onError: () => {} } })
const cache = caches.default

await cache.set('price', '1 EUR', { ttl: 50 })
await sleep(100) // its ttl is over, its grace is not
console.log(await cache.get('price'), await cache.get('price', { stale: true })) // undefined 1 EUR

const findPrice = async (): Promise<string> => sleep(20, '2 EUR')
console.log(await cache.getOrSet('price', findPrice)) // 1 EUR: at once; the loader runs in the background
while ((await cache.get('price')) === undefined) await sleep(10)
console.log(await cache.getOrSet('price', findPrice)) // 2 EUR

await cache.set('price', '3 EUR', { ttl: 50 })
await sleep(100)
const failing = (): string => {
  throw new Error('the shop does not answer')
}
console.log(await cache.getOrSet('price', failing)) // 3 EUR: better than no price
