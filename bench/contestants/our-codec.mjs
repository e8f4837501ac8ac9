import { load } from './our-build.mjs'

/** The codec of a cache, without a cache. */
export async function open(server, { dist, ...options } = {}) {
  const { createCodec } = await load('codec/create-codec.js', dist)
  const { resolveCodec } = await load('codec/options.js', dist)
  const codec = createCodec(resolveCodec(options, String))
  const stored = new Map()
  return {
    encode: (value) => codec.encode(value, 'key'),
    decode: (value) => codec.decode(value, 'key'),
    get: async (key) => codec.decode(stored.get(key), key),
    set: async (key, value) => stored.set(key, codec.encode(value, key)),
    close: async () => {},
  }
}
