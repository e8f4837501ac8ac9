import { load } from './our-build.mjs'

/** A cache on each of the servers that are shards, with the keys that the ring gives it; they are asked one after the other. */
export async function open({ shards }, { dist } = {}) {
  const { createCaches } = await load('index.js', dist)
  const { HashRing } = await load('clients/shard/ring.js', dist)
  const locations = shards.map(({ host, port }) => `valkey://${host}:${port}/0`)
  const caches = createCaches(Object.fromEntries(locations.map((location, index) => [`shard${index}`, { location }])))
  await caches.ready()
  const each = locations.map((_, index) => caches[`shard${index}`])
  const ring = new HashRing(locations)
  const indexOf = (key) => ring.shardOf(each[0].makeKey(key))
  return {
    get: (key) => each[indexOf(key)].get(key),
    set: (key, value) => each[indexOf(key)].set(key, value),
    getMany: async (keys) => {
      const parts = each.map(() => [])
      for (const key of keys) parts[indexOf(key)].push(key)
      const found = new Map()
      for (const [index, part] of parts.entries())
        for (const [key, value] of await each[index].getMany(part)) found.set(key, value)
      return keys.map((key) => found.get(key))
    },
    close: () => caches.close(),
  }
}
