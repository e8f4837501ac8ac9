import { createCaches, type Cache } from 'valkey-cache'

const location = process.env.VALKEY_URL ?? 'valkey://127.0.0.1:6379/0'
await using caches = createCaches({ default: { location, prefix: 'memo' } })

interface User {
  name: string
}
const header = async (cache: Cache): Promise<string> => `Hello ${(await cache.get<User>('user:1'))?.name}`
const footer = async (cache: Cache): Promise<string> => `Not ${(await cache.get<User>('user:1'))?.name}?`

async function page(): Promise<string[]> {
  const cache = caches.default.memo() // one for each request
  const top = await header(cache)
  await caches.default.set('user:1', { name: 'Grace' }) // somebody else renames the user in the middle of it
  return [top, await footer(cache)] // read once: the page agrees with itself
}

await caches.default.set('user:1', { name: 'Ada' })
console.log(await page()) // [ 'Hello Ada', 'Not Ada?' ]
console.log(await page()) // [ 'Hello Grace', 'Not Grace?' ]
