// An application that uses every optional package; bundled and run by the checks of the package.
import { createCaches } from 'valkey-cache'
import { fromDjangoSettings } from 'valkey-cache/django'
import { instrument } from 'valkey-cache/otel'
import { metrics } from 'valkey-cache/prometheus'

export async function main() {
  const options = { compressMinLength: 0, decoders: ['bz2', 'xz'] }
  const caches = createCaches({ lz4: { ...options, compressor: 'lz4' }, zstd: { ...options, compressor: 'zstd' } })
  metrics(caches)
  instrument(caches)()
  for (const cache of [caches.lz4, caches.zstd]) {
    await cache.set('k', 'v'.repeat(100))
    if ((await cache.get('k')) !== 'v'.repeat(100)) throw new Error(`another value in ${cache.name}`)
  }
  await caches.close()
  if (typeof fromDjangoSettings !== 'function') throw new Error('no valkey-cache/django')
  return 'it works'
}
