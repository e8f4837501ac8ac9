import Keyv from 'keyv'
import { createCaches } from 'valkey-cache'
import { keyvStore } from 'valkey-cache/keyv'

const location = process.env.VALKEY_URL ?? 'valkey://127.0.0.1:6379/0'

const caches = createCaches({ default: { location, prefix: 'shop' } })

const keyv = new Keyv({ store: keyvStore(caches.default), namespace: 'users' })
keyv.on('error', (error) => console.error(error.code)) // else Keyv 5 says nothing of a failed write

await keyv.set('1', { name: 'Ada' }, 60_000)
console.log(await keyv.get('1'), await keyv.get('2'))
console.log(await caches.default.keys('*'))

await caches.close()
