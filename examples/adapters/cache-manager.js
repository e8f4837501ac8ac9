import { createCache } from 'cache-manager'
import Keyv from 'keyv'
import { createCaches } from 'valkey-cache'
import { keyvStore } from 'valkey-cache/keyv'

const location = process.env.VALKEY_URL ?? 'valkey://127.0.0.1:6379/0'

const caches = createCaches({ default: { location, prefix: 'shop' } })

const manager = createCache({ stores: [new Keyv({ store: keyvStore(caches.default) })], ttl: 60_000 })

const load = async () => ({ name: 'Ada' })
console.log(await manager.wrap('user:1', load))
console.log(await manager.get('user:1'))

await caches.close()
