import { LRUCache } from 'lru-cache'

/** What a process can do at best: a map that is bounded, and one promise for each call. */
export async function open() {
  const values = new LRUCache({ max: 20_000 })
  return {
    get: async (key) => values.get(key),
    set: async (key, value) => {
      values.set(key, value)
      return true
    },
    close: async () => values.clear(),
  }
}
