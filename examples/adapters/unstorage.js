import { createStorage } from 'unstorage'
import { createCaches } from 'valkey-cache'
import { unstorageDriver } from 'valkey-cache/unstorage'

const location = process.env.VALKEY_URL ?? 'valkey://127.0.0.1:6379/0'

const caches = createCaches({ storage: { location, prefix: 'site' } })

const storage = createStorage()
storage.mount('sessions', unstorageDriver(caches.storage))

await storage.setItem('sessions:7f3a', { user: 'ada' }, { ttl: 60 })
console.log(await storage.getItem('sessions:7f3a'))
console.log(await storage.getKeys('sessions'), await caches.storage.keys('*'))

await caches.close()
