import { describe } from 'vitest'
import { createCaches, type Cache, type CacheOptions } from '../../src/index.js'
import { test as base } from './caches.js'
import { deployments } from './deployments.js'

/** Tests that run on one deployment: its options, a cache on it, and as many more as a test wants. */
export type DeploymentTest = ReturnType<typeof testOn>

/**
 * Runs a suite on every kind of deployment; each is made once for the file, by the first test that needs it. A cluster and
 * shards differ in where commands go and RESP2 in the shape of replies, none of them in what is carried, so they are tried
 * with the plainest values only.
 */
export function describeDeployments(
  suite: (test: DeploymentTest) => void,
  codec: CacheOptions = {},
  names: readonly string[] = deployments.map(([name]) => name),
): void {
  const { serializer = 'json', compressor = 'none' } = codec
  const plain = serializer === 'json' && compressor === 'none'
  const wanted = deployments.filter(([name]) => names.includes(name) && (plain || !plainOnly.includes(name)))
  describe.each(wanted)('on %s', (name, deploy) => {
    suite(testOn(name, deploy, codec))
  })
}

/** The same, with every serializer and every compressor that the contract is proven with. */
export function describeMatrix(suite: (test: DeploymentTest) => void): void {
  const codecs = serializers.flatMap((serializer) => compressors.map((compressor) => ({ serializer, compressor })))
  describe.each(codecs)('$serializer and $compressor', (codec) => {
    describeDeployments(suite, codec)
  })
}

/** Deployments that differ in nothing that a value could show. */
const plainOnly: readonly string[] = ['three shards', 'a cluster', 'a server in RESP2']
const serializers = ['json', 'msgpack', 'pickle'] as const
const compressors = ['none', 'zlib', 'zstd', 'lz4'] as const

const deployed = new Map<string, Promise<CacheOptions>>()

// oxlint-disable-next-line typescript/explicit-function-return-type -- vitest infers the fixtures
function testOn(name: string, deploy: (typeof deployments)[number][1], codec: CacheOptions) {
  return base
    .extend('options', ({ lab }) => {
      if (!deployed.has(name)) deployed.set(name, deploy(lab))
      return deployed.get(name) as Promise<CacheOptions>
    })
    .extend('cacheWith', async ({ options }, { onCleanup }) => {
      const made: Cache[] = []
      onCleanup(async () => {
        for (const cache of made) {
          await cache.flushDb()
          await cache.close()
        }
      })
      return (own: CacheOptions = {}): Cache => {
        const { cache } = createCaches({ cache: { ...options, ...codec, ...own } })
        made.push(cache)
        return cache
      }
    })
    .extend('cache', ({ cacheWith }) => cacheWith())
}
