import { createCaches } from 'valkey-cache'

const location = process.env.VALKEY_URL ?? 'valkey://127.0.0.1:6379/0'

await using caches = createCaches({
  default: {
    location,
    prefix: 'app',
    keyFunction: (key, prefix, version) => `${prefix}/v${version}/${key}`,
    reverseKeyFunction: (made, prefix, version) => made.slice(`${prefix}/v${version}/`.length),
  },
})
const cache = caches.default

await cache.setMany({ 'user:1': 'Ada', 'user:2': 'Grace', 'what*ever': 'a star' })
console.log(cache.makeKey('user:1')) // app/v1/user:1
console.log((await cache.keys('user:?')).sort()) // [ 'user:1', 'user:2' ]
console.log(await cache.keys('what\\*ever')) // [ 'what*ever' ]: the star is meant as it is
console.log(await cache.clear()) // 3
