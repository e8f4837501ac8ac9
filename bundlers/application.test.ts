import { createCaches, ConfigurationError } from 'valkey-cache'

test('a typed test works in Jest', async () => {
  const caches = createCaches({ lz4: { compressor: 'lz4', compressMinLength: 0 } })
  await caches.lz4.set('k', 'v')
  expect(await caches.lz4.get('k')).toBe('v')
  await caches.close()
  expect(() => createCaches({ lz4: { location: 'nowhere://' } })).toThrow(ConfigurationError)
})
