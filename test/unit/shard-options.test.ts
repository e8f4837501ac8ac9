import { describe, expect, test } from 'vitest'
import { createCaches } from '../../src/config/create-caches.js'
import type { CacheOptions } from '../../src/config/options.js'
import { resolveCache } from '../../src/config/resolve.js'
import type { ResolvedRemote } from '../../src/config/resolve-remote.js'
import { ConfigurationError } from '../../src/errors.js'

const two = ['valkey://a:7000', 'valkey://b']
const shard = { client: 'shard', location: two } as const
const sentinels = [['s1', 26379]] as const

describe('a cache of shards', () => {
  test('has a shard for each location, named by its text, which reads its server', () => {
    const { shards = [] } = remote(shard)
    expect(shards.map(({ node }) => node)).toEqual(two)
    expect(shards.map((one) => one.remote.servers.primary)).toEqual([
      { host: 'a', port: 7000 },
      { host: 'b', port: 6379 },
    ])
    for (const { remote: one } of shards)
      expect(one).toMatchObject({ sentinel: undefined, commands: { readFrom: 'primary', readOnly: undefined } })
  })

  test('has services as shards where sentinels are given, and reads their replicas', () => {
    const location = ['valkey://users/1', 'valkey://orders/1']
    const { shards = [] } = remote({ client: 'shard', location, sentinels })
    expect(shards.map((one) => one.remote.servers.common.host)).toEqual(['users', 'orders'])
    for (const { remote: one } of shards)
      expect(one).toMatchObject({ connection: { database: 1 }, commands: { readFrom: 'replicaPreferred' } })
  })

  test.for<[what: string, own: CacheOptions, shared: CacheOptions]>([
    ['a comma list', { client: 'shard', location: two.join() }, {}],
    ['one server', { client: 'shard', location: 'valkey://a:7000' }, {}],
    ['a shared client and location', {}, shard],
    ['servers beside shared sentinels', { ...shard, location: ['valkey://a:1', 'valkey://b:1'] }, { sentinels }],
    ['sockets', { client: 'shard', location: ['unix:///a.sock', 'unix:///b.sock'] }, {}],
    ['databases of one server', { client: 'shard', location: ['valkey://a/1', 'valkey://a/2'] }, {}],
  ])('may be given as %s', ([, own, shared]) => {
    const { shards = [], sentinel } = remote(own, shared)
    expect([shards.length > 0, sentinel]).toEqual([true, undefined])
  })

  test('has credentials, TLS and a database in each location, or for all of them', () => {
    const location = ['valkeys://ada:pw@a/3', 'valkey://b']
    const { shards = [] } = remote({ client: 'shard', location, password: 'of all', database: 5 })
    expect(shards.map((one) => one.remote.connection)).toMatchObject([
      { username: 'ada', password: 'pw', database: 3, tls: {} },
      { username: undefined, password: 'of all', database: 5, tls: undefined },
    ])
  })
})

describe('what does not fit shards is refused', () => {
  test('but not services whose names differ in case', () => {
    expect(() => resolveCache('a', { ...shard, location: ['valkey://s', 'valkey://S'], sentinels }, {})).not.toThrow()
  })

  test.for<[path: string, own: CacheOptions, problem: RegExp]>([
    [
      'caches.a.location[1]',
      { ...shard, location: ['valkey://a', 'valkey://a'] },
      /where caches.a.location\[0\] leads/,
    ],
    [
      'caches.a.location[2]',
      { ...shard, location: 'valkey://a,valkey://b/1,valkey://u:p@b:6379/1' },
      /list each shard once/,
    ],
    [
      'caches.a.location[1]',
      { ...shard, location: ['valkey://a', 'valkey://a/3'], database: 3 },
      /list each shard once/,
    ],
    [
      'caches.a.location[1]',
      { ...shard, location: ['valkey://s', 'valkey://s?db=0'], sentinels },
      /list each shard once/,
    ],
    ['caches.a.location[1]', { ...shard, location: ['valkey://a', 'valkey://A.:6379'] }, /list each shard once/],
    ['caches.a.location[1]', { ...shard, location: ['valkey://a', 'valkey://b?role=replica'] }, /leave its role out/],
    ['caches.a.location[0]', { ...shard, location: ['valkey://s?is_master=1'], sentinels }, /leave its role out/],
    [
      'caches.a.location[1]',
      { ...shard, location: ['valkey://s', 'valkey://b:6379'], sentinels },
      /leave the port out/,
    ],
    ['caches.a.location', { ...shard, location: ['valkey://a', 'memory://'] }, /memory:\/\/ stands alone/],
    ['caches.a.client', { client: 'shard' }, /'shard' needs servers/],
    ['caches.a.location', { ...shard, location: [] }, /names no server/],
    ['caches.a.location[1]', { ...shard, location: ['valkey://a', ''] }, /is empty/],
    ['caches.a.sentinels', { ...shard, connectionFactory: 'sentinel' }, /is missing/],
    ['caches.a.fenceAfter', { ...shard, fenceAfter: '1s' }, /needs sentinels/],
    ['caches.a.addressMap', { ...shard, addressMap: {} }, /is for clusters/],
  ])('%s: %j', ([path, own, problem]) => {
    const refused = (): unknown => createCaches({ a: own })
    expect(refused).toThrow(ConfigurationError)
    expect(refused).toThrow(expect.objectContaining({ path, message: expect.stringMatching(problem) as string }))
  })
})

function remote(own: CacheOptions, shared: CacheOptions = {}): ResolvedRemote {
  return resolveCache('a', own, shared).client as ResolvedRemote
}
