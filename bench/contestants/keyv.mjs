import KeyvValkey from '@keyv/valkey'
import { Keyv } from 'keyv'

/** One store, on Valkey: like ours it asks the server every time. */
export async function open(server) {
  const keyv = new Keyv({ store: new KeyvValkey(server), ttl: 300_000 })
  return {
    get: (key) => keyv.get(key),
    getMany: (keys) => keyv.get(keys),
    set: (key, value) => keyv.set(key, value),
    close: () => keyv.disconnect(),
  }
}
