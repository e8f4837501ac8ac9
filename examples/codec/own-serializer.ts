import { createCaches, type Serializer } from 'valkey-cache'

const location = process.env.VALKEY_URL ?? 'valkey://127.0.0.1:6379/0'

/** Lines of text, and nothing else. */
const lines: Serializer = {
  name: 'lines',
  serialize: (value) => {
    if (Array.isArray(value)) return value.join('\n')
    throw new TypeError('an array of lines was expected')
  },
  deserialize: (bytes) => Buffer.from(bytes).toString().split('\n'),
}

await using caches = createCaches({ default: { location, prefix: 'lines', serializer: lines, compressor: 'brotli' } })

await caches.default.set('poem', ['Tyger Tyger, burning bright,', 'In the forests of the night'])
console.log(await caches.default.get('poem'))
