import KeyvValkey from '@keyv/valkey'
import { createCache } from 'cache-manager'
import { Keyv } from 'keyv'

/** One store, on Valkey: like ours it asks the server every time. */
export async function open(server) {
  const cache = createCache({ stores: [new Keyv({ store: new KeyvValkey(server) })], ttl: 300_000 })
  return {
    get: (key) => cache.get(key),
    set: (key, value) => cache.set(key, value),
    close: () => cache.disconnect(),
  }
}
