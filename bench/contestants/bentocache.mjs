import { bentostore, BentoCache } from 'bentocache'
import { memoryDriver } from 'bentocache/drivers/memory'
import { redisDriver } from 'bentocache/drivers/redis'

/**
 * Its Redis driver as the only layer: like ours it asks the server every time. With `layer: 'memory'` its memory driver
 * as the only one, which hands out the object that was set.
 */
export async function open(server, { grace, tags, layer } = {}) {
  const store =
    layer === 'memory'
      ? bentostore().useL1Layer(memoryDriver({ maxItems: 20_000, serialize: false }))
      : bentostore().useL2Layer(redisDriver({ connection: server }))
  const cache = new BentoCache({ default: 'bench', grace, stores: { bench: store } })
  return {
    get: (key) => cache.get({ key }),
    getMany: (keys) => Promise.all(keys.map((key) => cache.get({ key }))),
    getOrSet: (key, factory) => cache.getOrSet({ key, factory, ttl: '5m', tags }),
    set: (key, value) => cache.set({ key, value, ttl: '5m', tags }),
    close: () => cache.disconnectAll(),
  }
}
