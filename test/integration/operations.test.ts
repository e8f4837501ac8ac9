import { describe, expect } from 'vitest'
import { CommandError, richJson, UnsupportedError, type Cache, type CacheOptions } from '../../src/index.js'
import type { LabServer } from '../../src/lab/index.js'
import { at, callsOf, test } from '../support/caches.js'
import { rejection } from '../support/rejection.js'

describe('the server', () => {
  test('has set members as Python writes them, byte for byte', async ({ server, cache }) => {
    await cache.sadd('s', ['é', { a: [1.5, 'x'], b: null }, 1e20, 7, 7.5, true, '\u007f😀'])
    expect(((await server.command('SMEMBERS', ':1:s')) as Set<string>).size).toBe(7)
    for (const member of [
      '"\\u00e9"',
      '{"a": [1.5, "x"], "b": null}',
      '1e+20',
      '7',
      '7.5',
      'true',
      '"\\u007f\\ud83d\\ude00"',
    ])
      expect([member, await server.command('SISMEMBER', ':1:s', member)]).toStrictEqual([member, 1])
  })

  test('has what Python wrote as members here', async ({ server, cache }) => {
    await server.command('SADD', ':1:s', '{"a": 1, "b": "\\u00e9"}', '-5', '1e-07')
    expect(await cache.smismember('s', [{ a: 1, b: 'é' }, -5, 1e-7])).toStrictEqual([true, true, true])
    expect(await cache.srem('s', [{ a: 1, b: 'é' }])).toBe(1)
  })

  test('has hashes under made keys, with plain fields and values as they are stored anywhere', async ({
    server,
    make,
  }) => {
    const { cache } = make({ cache: { location: at(server), prefix: 'shop' } })
    await cache.hset('h', { 'a:b': { x: 1 }, n: 5 })
    expect(await server.command('HGET', 'shop:1:h', 'a:b')).toBe('{"x":1}')
    expect(await server.command('HINCRBY', 'shop:1:h', 'n', 1)).toBe(6)
  })

  test('keeps what it counts as Python reads it', async ({ server, cache }) => {
    await cache.set('n', 1)
    await cache.incr('n', 0.5)
    expect(await server.command('GET', ':1:n')).toBe('1.5')
  })

  test('moves a version in one command, ttl and all', async ({ ownServer, make }) => {
    const { cache } = make({ cache: { location: at(ownServer) } })
    await cache.set('k', 1, { ttl: 60_000 })
    await cache.incrVersion('k')
    expect(await Promise.all(['rename', 'get', 'del'].map((name) => callsOf(ownServer, name)))).toStrictEqual([1, 0, 0])
    const left = Number(await ownServer.command('PTTL', ':2:k'))
    expect(left).toBeGreaterThan(55_000)
  })

  test('gets a pipeline in one trip', async ({ ownServer, make }) => {
    const { cache } = make({ cache: { location: at(ownServer) } })
    await cache.ping()
    const packets: number[] = []
    for (let time = 0; time < 5; time++) {
      const before = await packetsOf(ownServer)
      await cache.pipeline((pipeline) =>
        Array.from({ length: 200 }, (_, index) => (index % 2 ? pipeline.get(index) : pipeline.sadd('s', [index]))),
      )
      packets.push((await packetsOf(ownServer)) - before)
    }
    // What else the server is asked meanwhile, as by heartbeats, only adds to that.
    expect(Math.min(...packets)).toBeLessThanOrEqual(5)
    expect(await callsOf(ownServer, 'sadd')).toBe(500)
  })
})

describe('other codecs', () => {
  const codecs: readonly CacheOptions[] = [
    { serializer: 'msgpack' },
    { serializer: 'v8', compressor: 'zlib' },
    { compressor: 'gzip' },
    { format: 'framed', compressor: 'brotli' },
    { serializer: richJson() },
  ]

  test.for(codecs)('find members by their bytes, and keep fields: %o', async (options, { server, make }) => {
    const { cache } = make({ cache: { location: at(server), ...options } })
    const long = { name: 'x'.repeat(2_000), tags: ['a', 'b'] }
    await cache.sadd('s', [long, 'é', 5, null])
    expect(await cache.sadd('s', [long, 'é', 5, null])).toBe(0)
    expect(await cache.smismember('s', [long, 'é', 5, null, 'other'])).toStrictEqual([true, true, true, true, false])
    expect(await cache.sscan('s', { match: 'é' })).toStrictEqual(['é'])
    await cache.hset('h', { long, n: 1 })
    expect(await cache.hincrby('h', 'n')).toBe(2)
    expect(await cache.hgetall('h')).toStrictEqual(
      new Map<string, unknown>([
        ['long', long],
        ['n', 2],
      ]),
    )
    await cache.zadd('z', [[long, 1]])
    expect(await cache.zscore('z', long)).toBe(1)
    expect(await cache.pipeline((p) => [p.set('k', long), p.get('k')])).toStrictEqual([true, long])
  })

  test('that encrypt leave nothing for the server to compare, count or move', async ({ server, make }) => {
    const encryption = { keys: [{ id: 'one', key: Buffer.alloc(32, 7) }] }
    const { cache } = make({ cache: { location: at(server), encryption } })
    await cache.set('n', 1)
    const refused = [
      cache.incr('n'),
      cache.decr('n', 1, { create: true }),
      cache.incrVersion('n'),
      cache.hincrby('h', 'a'),
      cache.sadd('s', ['a']),
      cache.sismember('s', 'a'),
      cache.zadd('z', [['a', 1]]),
    ]
    for (const outcome of refused.map(rejection)) expect((await outcome).error).toBeInstanceOf(UnsupportedError)
    await cache.hset('h', { a: 'secret' })
    expect(await cache.hget('h', 'a')).toBe('secret')
    expect(await cache.keys('*')).toHaveLength(2)
  })
})

describe('many at once', () => {
  const calls: readonly [name: string, call: (cache: Cache) => Promise<number | bigint>, sum: number][] = [
    ['incr', (cache) => cache.incr('n', 1, { create: true }), 100],
    ['incr by a fraction', (cache) => cache.incr('n', 0.5, { create: true }), 50],
    ['hincrby', (cache) => cache.hincrby('h', 'n'), 100],
    ['zincrby', (cache) => cache.zincrby('z', 'n'), 100],
  ]

  test.for(calls)('count right: %s', async ([, call, sum], { cache }) => {
    const all = await Promise.all(Array.from({ length: 100 }, () => call(cache)))
    expect(Math.max(...all.map(Number))).toBe(sum)
  })
})

test('a count that leaves 64 bits is a typed error, and changes nothing', async ({ cache }) => {
  const most = 2n ** 63n - 1n
  await cache.hset('h', { n: most })
  await expect(cache.hincrby('h', 'n')).rejects.toBeInstanceOf(CommandError)
  expect(await cache.hget('h', 'n')).toBe(most)
})

/** Reads of the server's sockets so far. */
async function packetsOf(server: LabServer): Promise<number> {
  const stats = String(await server.command('INFO', 'stats'))
  return Number(/^total_reads_processed:(\d+)/m.exec(stats)?.[1])
}
