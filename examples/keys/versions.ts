import { createCaches } from 'valkey-cache'

const location = process.env.VALKEY_URL ?? 'valkey://127.0.0.1:6379/0'

await using caches = createCaches(
  {
    running: { version: 1 }, // what is deployed now
    next: { version: 2 }, // the next release, whose users have another shape
  },
  { location, prefix: 'shop' },
)
const { running, next } = caches

await running.set('user:1', 'Ada Lovelace')
console.log(running.makeKey('user:1'), next.makeKey('user:1')) // shop:1:user:1 shop:2:user:1
console.log(await next.get('user:1')) // undefined: a version sees nothing of another

await next.set('user:1', { first: 'Ada', last: 'Lovelace' })
console.log(await running.get('user:1'), await running.get('user:1', { version: 2 })) // both are there

await running.set('motd', 'hello')
console.log(await running.incrVersion('motd')) // 2: it has moved, with its ttl
console.log(await next.get('motd')) // hello

console.log(await running.clear(), await next.clear()) // 1 2
