import { load } from './our-build.mjs'

/** A cache as it comes: deadlines, retries, prefix and version; with the `settings` that are given. */
export async function open({ host, port }, { dist, settings = {} } = {}) {
  const { createCaches } = await load('index.js', dist)
  const caches = createCaches({ default: { location: `valkey://${host}:${port}/0`, ...settings } })
  await caches.ready()
  const cache = caches.default
  return {
    get: (key) => cache.get(key),
    getMany: async (keys) => [...(await cache.getMany(keys)).values()],
    getOrSet: (key, loader) => cache.getOrSet(key, loader),
    set: (key, value) => cache.set(key, value),
    setMany: (entries) => cache.setMany(entries),
    iterKeys: (pattern) => cache.iterKeys(pattern),
    close: () => caches.close(),
  }
}
