import { createCaches } from '../../dist/index.js'

/** A cache as it comes: deadlines, retries, prefix and version. */
export async function open({ host, port }) {
  const caches = createCaches({ default: { location: `valkey://${host}:${port}/0` } })
  await caches.ready()
  const cache = caches.default
  return {
    get: (key) => cache.get(key),
    getMany: async (keys) => [...(await cache.getMany(keys)).values()],
    set: (key, value) => cache.set(key, value),
    close: () => caches.close(),
  }
}
