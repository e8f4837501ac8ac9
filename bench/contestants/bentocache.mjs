import { bentostore, BentoCache } from 'bentocache'
import { redisDriver } from 'bentocache/drivers/redis'

/** Its Redis driver as the only layer: like ours it asks the server every time. */
export async function open(server, { grace, tags } = {}) {
  const store = bentostore().useL2Layer(redisDriver({ connection: server }))
  const cache = new BentoCache({ default: 'bench', grace, stores: { bench: store } })
  return {
    get: (key) => cache.get({ key }),
    getMany: (keys) => Promise.all(keys.map((key) => cache.get({ key }))),
    getOrSet: (key, factory) => cache.getOrSet({ key, factory, ttl: '5m', tags }),
    set: (key, value) => cache.set({ key, value, ttl: '5m', tags }),
    close: () => cache.disconnectAll(),
  }
}
