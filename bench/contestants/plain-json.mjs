/** JSON as it comes. */
export async function open() {
  const stored = new Map()
  return {
    encode: (value) => JSON.stringify(value),
    decode: (value) => JSON.parse(value),
    get: async (key) => JSON.parse(stored.get(key)),
    set: async (key, value) => stored.set(key, JSON.stringify(value)),
    close: async () => {},
  }
}
