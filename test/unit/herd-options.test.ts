import { describe, expect, test } from 'vitest'
import { createCodec } from '../../src/codec/create-codec.js'
import { FramedCodec } from '../../src/codec/framed-codec.js'
import { HerdCodec } from '../../src/codec/herd-codec.js'
import type { CacheOptions } from '../../src/config/options.js'
import { resolveCache } from '../../src/config/resolve.js'
import { ConfigurationError } from '../../src/errors.js'

const location = 'valkey://127.0.0.1:6379'
const key = { id: '1', key: Buffer.alloc(32) }

describe('a herd cache', () => {
  test.for<[own: CacheOptions, shared: CacheOptions, timeout: number | undefined]>([
    [{}, {}, undefined],
    [{ herd: false }, {}, undefined],
    [{ herd: true }, {}, 60_000],
    [{ client: 'herd' }, {}, 60_000],
    [{ client: 'herd', location }, {}, 60_000],
    [{ client: 'herd', herd: true, herdTimeout: '5s' }, {}, 5_000],
    [{ herd: true, herdTimeout: 0 }, {}, 0],
    [{ herdTimeout: '5s' }, {}, undefined],
    [{}, { herd: true }, 60_000],
    [{}, { client: 'herd' }, 60_000],
    [{ herdTimeout: '5s' }, { herd: true, herdTimeout: '7s' }, 5_000],
    [{ herd: false }, { herd: true }, undefined],
    [{ herd: false }, { client: 'herd' }, undefined],
    [{ client: 'herd' }, { herd: false }, 60_000],
    [{ client: 'cluster', location }, { client: 'herd' }, undefined],
    [{ client: 'cluster', location }, { herd: true }, 60_000],
    [{ client: 'sentinel', location: 'valkey://mymaster', sentinels: 's:1', herd: true }, {}, 60_000],
    [{ herd: true, grace: 0 }, {}, 60_000],
    [{ herd: true, grace: 0 }, { grace: '1h' }, 60_000],
  ])('of %j and %j shared keeps values for %s ms', ([own, shared, timeout]) => {
    const { loading, codec } = resolveCache('a', own, shared)
    expect(loading.herdTimeout).toBe(timeout)
    expect(codec.herdTimeout).toBe(timeout)
  })

  test.for<[options: CacheOptions, format: 'django' | 'framed']>([
    [{ serializer: 'pickle' }, 'django'],
    [{ serializer: 'pickle', pickleProtocol: 5, compressor: 'zlib' }, 'django'],
    [{ serializer: 'pickle', format: 'django' }, 'django'],
    [{ serializer: 'pickle', format: 'framed' }, 'framed'],
    [{ serializer: 'pickle', negativeTtl: '1s' }, 'framed'],
    [{ serializer: 'pickle', encryption: { keys: [key] } }, 'framed'],
    [{}, 'framed'],
    [{ serializer: 'msgpack' }, 'framed'],
    [{ serializer: 'raw' }, 'framed'],
  ])('of %j has the format %s', ([options, format]) => {
    const { codec } = resolveCache('a', { ...options, herd: true }, {})
    expect(codec.format).toBe(format)
    expect(createCodec(codec)).toBeInstanceOf(format === 'django' ? HerdCodec : FramedCodec)
  })

  test.for<[own: CacheOptions, shared: CacheOptions, path: string, problem: RegExp]>([
    [{ herd: 'yes' as never }, {}, 'caches.a.herd', /expected true or false, got 'yes'/],
    [{ herd: true, herdTimeout: -1 }, {}, 'caches.a.herdTimeout', /must not be negative/],
    [{ herdTimeout: 'soon' as never }, {}, 'caches.a.herdTimeout', /expected milliseconds/],
    [{}, { herdTimeout: -1 }, 'shared.herdTimeout', /must not be negative/],
    [{ client: 'herd', herd: false }, {}, 'caches.a.herd', /caches\.a\.client is 'herd'/],
    [{}, { client: 'herd', herd: false }, 'shared.herd', /shared\.client is 'herd'/],
    [{ herd: true, grace: '1h' }, {}, 'caches.a.grace', /caches\.a\.herd makes it/],
    [{ client: 'herd', refreshAt: 0.8 }, {}, 'caches.a.refreshAt', /caches\.a\.client makes it/],
    [{ client: 'herd' }, { refreshAt: 'early' }, 'shared.refreshAt', /caches\.a\.client makes it/],
    [{ grace: '1h' }, { herd: true }, 'caches.a.grace', /shared\.herd makes it/],
    [{ herd: true, format: 'django' }, {}, 'caches.a.format', /set serializer: 'pickle', or leave 'django' out/],
    [{ herd: true, format: 'django', serializer: 'raw' }, {}, 'caches.a.format', /set serializer: 'pickle'/],
  ])('cannot be made of %j and %j shared', ([own, shared, path, problem]) => {
    const make = (): unknown => resolveCache('a', own, shared)
    expect(make).toThrow(ConfigurationError)
    expect(make).toThrow(expect.objectContaining({ path, message: expect.stringMatching(problem) as string }))
  })
})
