import Keyv from 'keyv-6' // Keyv 6, which is installed here under another name than Keyv 5
import { createCaches } from 'valkey-cache'
import { keyvStore } from 'valkey-cache/keyv'

const location = process.env.VALKEY_URL ?? 'valkey://127.0.0.1:6379/0'

const caches = createCaches({ default: { location, prefix: 'shop' } })

const keyv = new Keyv({ store: keyvStore(caches.default, { keyv: 6 }), namespace: 'users' })

await keyv.set('1', { name: 'Ada' }, 60_000)
console.log(await keyv.get('1'))
console.log(await caches.default.keys('*'))

await caches.close()
