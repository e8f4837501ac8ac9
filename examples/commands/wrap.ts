import { createCaches } from 'valkey-cache'

const location = process.env.VALKEY_URL ?? 'valkey://127.0.0.1:6379/0'
await using caches = createCaches({ default: { location, prefix: 'wrap' } })
const cache = caches.default

let calls = 0
const priceOf = async (item: string, currency = 'EUR'): Promise<{ price: string }> => {
  calls++
  return { price: `12 ${currency} for ${item}` }
}

const cachedPriceOf = cache.wrap(priceOf, {
  key: (item, currency = 'EUR') => `price:${currency}:${item}`, // whatever the result depends on
  ttl: '10m',
})

console.log(await cachedPriceOf('tea')) // { price: '12 EUR for tea' }
console.log(await cachedPriceOf('tea'), calls) // { price: '12 EUR for tea' } 1: from the cache
await cache.delete('price:EUR:tea')
console.log(await cachedPriceOf('tea', 'EUR'), calls) // { price: '12 EUR for tea' } 2
