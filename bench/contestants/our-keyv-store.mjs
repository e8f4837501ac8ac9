import { Keyv } from 'keyv'
import { load } from './our-build.mjs'

/** A cache as it comes, under the same Keyv as the other store. */
export async function open({ host, port }) {
  const { createCaches } = await load('index.js')
  const { keyvStore } = await load('adapters/keyv/index.js')
  const caches = createCaches({ default: { location: `valkey://${host}:${port}/0` } })
  await caches.ready()
  const keyv = new Keyv({ store: keyvStore(caches.default), ttl: 300_000 })
  return {
    get: (key) => keyv.get(key),
    set: (key, value) => keyv.set(key, value),
    close: () => caches.close(),
  }
}
