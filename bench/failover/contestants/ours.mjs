import { createCaches } from '../../../dist/index.js'

/** A cache as it comes. */
export async function open({ location, sentinels }) {
  const caches = createCaches({ default: { location, client: 'sentinel', sentinels } })
  await caches.ready()
  const cache = caches.default
  return {
    write: (key, value) => cache.set(key, value),
    read: (key) => cache.get(key),
    stored: (key) => cache.makeKey(key),
  }
}
