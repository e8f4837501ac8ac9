import { describe, expect, test } from 'vitest'
import { createCaches } from '../../src/config/create-caches.js'
import type { CacheOptions } from '../../src/config/options.js'
import { resolveCache } from '../../src/config/resolve.js'
import type { ResolvedRemote } from '../../src/config/resolve-remote.js'
import type { ConnectionFactory } from '../../src/connection/factory.js'
import { ConfigurationError } from '../../src/errors.js'

const nodes = ['valkey://a:7000', 'valkey://b']
const cluster = { client: 'cluster', location: nodes } as const
const sentinels = [['s1', 26379]] as const

describe('a cache on a cluster', () => {
  test('names some of its nodes, and reads replicas', () => {
    const { servers, cluster: resolved, sentinel, commands } = remote(cluster)
    expect(servers).toMatchObject({ kind: 'cluster', primary: undefined, replicas: [], roles: 'open' })
    expect(resolved?.seeds).toStrictEqual([
      { host: 'a', port: 7000 },
      { host: 'b', port: 6379 },
    ])
    expect(sentinel).toBeUndefined()
    expect(commands).toMatchObject({ readFrom: 'replicaPreferred', readYourWrites: 1_000, readOnly: undefined })
  })

  test.for<[what: string, own: CacheOptions, shared: CacheOptions]>([
    ['a comma list', { client: 'cluster', location: nodes.join() }, {}],
    ['one node', { client: 'cluster', location: 'valkey://a:7000' }, {}],
    ['a shared client', { location: nodes }, { client: 'cluster' }],
    ['a shared location', { client: 'cluster' }, { location: nodes }],
    ['nodes without ports beside shared sentinels', { ...cluster, location: 'valkey://a' }, { sentinels }],
    ['a shared Sentinel factory', cluster, { sentinels, connectionFactory: 'sentinel' }],
    ['a shared fence', cluster, { sentinels, fenceAfter: '10s' }],
    ['a shared fence beside sentinels of another cache', cluster, { fenceAfter: '10s' }],
    ['shared options of sentinels', cluster, { sentinelOptions: { timeout: '1s' } }],
    ['the default factory', { ...cluster, connectionFactory: 'default' }, { sentinels }],
  ])('may be given as %s', ([, own, shared]) => {
    const { servers, sentinel, routing } = remote(own, { ...shared })
    expect([servers.kind, sentinel, routing.fenceAfter]).toStrictEqual(['cluster', undefined, undefined])
  })

  test('has a database, credentials and TLS in its locations, for all nodes', () => {
    const { connection } = remote({ client: 'cluster', location: 'valkeys://ada:pw@a/3,valkeys://ada:pw@b/3' })
    expect(connection).toMatchObject({ database: 3, username: 'ada', password: 'pw', tls: {} })
  })

  test('dials what its nodes announce by the address map', () => {
    const { cluster: resolved } = remote({ ...cluster, addressMap: { '10.0.0.1:6379': 'localhost:16379' } })
    expect(resolved?.translate?.({ host: '10.0.0.1', port: 6379 })).toStrictEqual({ host: 'localhost', port: 16379 })
  })

  test('takes a shared address map, which says nothing to other caches', () => {
    const shared: CacheOptions = { addressMap: { '10.0.0.1:6379': 'localhost:16379' } }
    expect(remote(cluster, shared).cluster?.translate).toBeDefined()
    expect(remote({ location: 'valkey://a:1' }, shared).cluster).toBeUndefined()
  })
})

describe('what does not fit a cluster is refused', () => {
  test.for<[path: string, own: CacheOptions, shared: CacheOptions, problem: RegExp]>([
    ['caches.a.sentinels', { ...cluster, sentinels }, {}, /caches\.a\.client is 'cluster', which has none/],
    ['caches.a.sentinels', { location: nodes, sentinels }, { client: 'cluster' }, /shared\.client is 'cluster'/],
    ['shared.sentinels', { location: nodes }, { client: 'cluster', sentinels }, /shared\.client is 'cluster'/],
    ['caches.a.sentinelOptions', { ...cluster, sentinelOptions: {} }, {}, /is for Sentinel/],
    ['caches.a.fenceAfter', { ...cluster, fenceAfter: '10s' }, {}, /is for Sentinel/],
    ['caches.a.fenceAfter', { ...cluster, fenceAfter: '10s' }, { sentinels }, /is for Sentinel/],
    ['caches.a.connectionFactory', { ...cluster, connectionFactory: 'sentinel' }, {}, /caches\.a\.client/],
    ['caches.a.connectionFactory', { ...cluster, connectionFactory: {} as ConnectionFactory }, {}, /ConnectionFactory/],
    ['caches.a.client', { client: 'cluster', location: 'memory://' }, {}, /needs servers.*memory:\/\//],
    ['caches.a.client', { client: 'cluster' }, {}, /needs servers/],
    ['caches.a.location[0]', { ...cluster, location: ['unix:///run/v.sock', 'valkey://a'] }, {}, /unix socket/],
    ['caches.a.location[1]', { ...cluster, location: ['valkey://a', 'valkey://b?role=replica'] }, {}, /readFrom/],
    ['caches.a.location', { ...cluster, location: 'valkey://a?is_master=1' }, {}, /readFrom/],
    ['caches.a.location[1]', { ...cluster, location: ['valkey://a/0', 'valkey://b/1'] }, {}, /its database differs/],
    ['caches.a.location', { ...cluster, location: ['valkey://a', 'memory://'] }, {}, /memory:\/\/ stands alone/],
    ["caches.a.addressMap['h:1']", { ...cluster, addressMap: { 'h:1': 'x' } }, {}, /expected 'host:port'/],
  ])('%s in %o, %o', ([path, own, shared, problem]) => {
    expectRefused(() => createCaches({ a: own }, shared), path, problem)
  })

  test('so is an address map without a cluster, with the place where it belongs', () => {
    const own: CacheOptions = { location: 'valkey://mymaster', sentinels, addressMap: {} }
    expectRefused(() => createCaches({ a: own }), 'caches.a.addressMap', /write it in sentinelOptions/)
  })
})

test('a fence is for the caches that sentinels are asked for', () => {
  const shared: CacheOptions = { sentinels, fenceAfter: '10s' }
  expect(remote({ location: ['valkey://a:1', 'valkey://b:2'] }, shared).routing.fenceAfter).toBeUndefined()
  expect(remote({ location: 'valkey://mymaster' }, shared).routing.fenceAfter).toBe(10_000)
})

function remote(own: CacheOptions, shared: CacheOptions = {}): ResolvedRemote {
  const { client } = resolveCache('a', own, shared)
  if (typeof client === 'object') return client
  throw new Error(`a client of servers was expected, got ${String(client)}`)
}

function expectRefused(action: () => unknown, path: string, problem: RegExp): void {
  expect(action).toThrow(ConfigurationError)
  expect(action).toThrow(expect.objectContaining({ path, message: expect.stringMatching(problem) as string }))
}
