import { describe, expect, test } from 'vitest'
import { createCaches } from '../../src/config/create-caches.js'
import type { CacheOptions } from '../../src/config/options.js'
import { resolveCache } from '../../src/config/resolve.js'
import type { ConnectionFactory } from '../../src/connection/factory.js'
import { ConfigurationError } from '../../src/errors.js'

/** Of two sets of sentinels, to see whose is taken. */
const own = { sentinels: [['own', 26379]] } as const
const shared = { sentinels: [['shared', 26379]] } as const
const factory: ConnectionFactory = { connect: () => Promise.reject(new Error('never called')) }

const service = { location: 'valkey://mymaster/0' }
const server = { location: 'valkey://127.0.0.1:6379/1' }
const memory = { location: 'memory://' }
const asDefault = { connectionFactory: 'default' } as const
const asSentinel = { connectionFactory: 'sentinel' } as const
const ownFactory = { connectionFactory: factory }
const sentinelClient = { client: 'sentinel' } as const

describe('the servers of a cache are found', () => {
  test.for<[how: string, cache: CacheOptions, all: CacheOptions, found: string]>([
    ['by dialling, where nothing is said of sentinels', server, {}, 'dialled'],
    ['by dialling the host, where nothing is said of sentinels or ports', service, {}, 'dialled'],
    ['nowhere, in memory', memory, {}, 'memory'],

    ['by its own sentinels', { ...service, ...own }, {}, 'own'],
    ['by its own sentinels, with its own factory', { ...service, ...own, ...asSentinel }, {}, 'own'],
    ['by its own sentinels, with client sentinel', { ...service, ...own, ...sentinelClient }, {}, 'own'],
    ['by its own sentinels, with the shared factory', { ...service, ...own }, asSentinel, 'own'],
    ['by its own sentinels before the shared ones', { ...service, ...own }, shared, 'own'],
    ['by its own factory before the shared default', { ...service, ...own, ...asSentinel }, asDefault, 'own'],
    ['by its own sentinels, dialled in a way of its own', { ...service, ...own, ...ownFactory }, {}, 'own'],
    ['by its own sentinels, dialled in a shared way', { ...service, ...own }, ownFactory, 'own'],

    ['by the shared sentinels', service, shared, 'shared'],
    ['by the shared sentinels and factory', service, { ...shared, ...asSentinel }, 'shared'],
    ['by the shared sentinels, with its own factory', { ...service, ...asSentinel }, shared, 'shared'],
    ['by the shared sentinels, with its own client', { ...service, ...sentinelClient }, shared, 'shared'],
    ['by the shared sentinels and client', service, { ...shared, ...sentinelClient }, 'shared'],
    ['by the shared sentinels and location', {}, { ...service, ...shared, ...asSentinel }, 'shared'],

    ['by dialling, with a factory of its own', { ...server, ...asDefault }, {}, 'dialled'],
    ['by dialling, its own factory before the shared one', { ...service, ...asDefault }, asSentinel, 'dialled'],
    ['by dialling, its own factory before shared sentinels', { ...service, ...asDefault }, shared, 'dialled'],
    ['by dialling, its own way', { ...server, ...ownFactory }, {}, 'dialled'],
    ['by dialling, its own way before the shared factory', { ...server, ...ownFactory }, asSentinel, 'dialled'],
    ['by dialling, as its port asks, before shared sentinels', server, shared, 'dialled'],
    ['by dialling, as its port asks, before the shared factory', server, asSentinel, 'dialled'],
    ['by dialling, as its port asks, before both', server, { ...shared, ...asSentinel }, 'dialled'],
    ['by dialling, with client default', { ...server, client: 'default' }, { ...shared, ...sentinelClient }, 'dialled'],

    ['in memory, before shared sentinels', memory, shared, 'memory'],
    ['in memory, before the shared factory', memory, asSentinel, 'memory'],
    ['in memory, before both', memory, { ...shared, ...asSentinel }, 'memory'],
    ['in memory, where no location is given', {}, { ...shared, ...asSentinel }, 'memory'],
    ['in memory, with client memory', { ...memory, client: 'memory' }, { ...shared, ...sentinelClient }, 'memory'],
  ])('%s', ([, cache, all, found]) => {
    expect(foundBy(cache, all)).toBe(found)
  })

  test('for each cache on its own, side by side', () => {
    const caches = createCaches(
      { sentinel: service, other: { ...service, ...own }, plain: server, local: memory },
      { ...shared, ...asSentinel },
    )
    expect(Object.keys(caches)).toEqual(expect.arrayContaining(['sentinel', 'other', 'plain', 'local']))
  })
})

describe('what contradicts itself is refused, with both places', () => {
  test.for<[what: string, cache: CacheOptions, all: CacheOptions, path: string, other: RegExp]>([
    [
      'the default factory with sentinels',
      { ...service, ...own, ...asDefault },
      {},
      'caches.a.connectionFactory',
      /caches\.a\.sentinels/,
    ],
    [
      'the default factory with client sentinel',
      { ...service, ...sentinelClient, ...asDefault },
      shared,
      'caches.a.connectionFactory',
      /caches\.a\.client/,
    ],
    [
      'sentinels with a shared default factory',
      { ...service, ...own },
      asDefault,
      'caches.a.sentinels',
      /shared\.connectionFactory/,
    ],
    [
      'a shared default factory with shared sentinels',
      service,
      { ...shared, ...asDefault },
      'shared.connectionFactory',
      /shared\.sentinels/,
    ],
    [
      'its sentinel factory without sentinels',
      { ...service, ...asSentinel },
      {},
      'caches.a.sentinels',
      /caches\.a\.conn/,
    ],
    [
      'client sentinel without sentinels',
      { ...service, ...sentinelClient },
      {},
      'caches.a.sentinels',
      /caches\.a\.client/,
    ],
    ['the shared sentinel factory without sentinels', service, asSentinel, 'caches.a.sentinels', /shared\.connectionF/],
    ['the shared client sentinel without sentinels', service, sentinelClient, 'caches.a.sentinels', /shared\.client/],
    [
      'a port with its sentinel factory',
      { ...server, ...asSentinel },
      shared,
      'caches.a.location',
      /leave the port out/,
    ],
    ['a port with its own sentinels', { ...server, ...own }, {}, 'caches.a.location', /leave the port out/],
    ['memory with its sentinel factory', { ...memory, ...asSentinel }, shared, 'caches.a.sentinels', /memory:\/\//],
    ['memory with its own sentinels', { ...memory, ...own }, {}, 'caches.a.sentinels', /memory:\/\//],
    ['memory with client sentinel', { ...memory, ...sentinelClient }, shared, 'caches.a.client', /memory:\/\//],
  ])('%s', ([, cache, all, path, other]) => {
    const error = refusal(cache, all)
    expect(error.path).toBe(path)
    expect(error.message).toMatch(other)
  })
})

function foundBy(cache: CacheOptions, all: CacheOptions): string {
  const { client } = resolveCache('a', cache, all)
  if (client === 'memory') return 'memory'
  if (typeof client === 'function') return 'own client'
  const [seed] = client.sentinel?.seeds ?? []
  expect(client.servers.kind === 'sentinel').toBe(seed !== undefined)
  return seed === undefined ? 'dialled' : seed.host
}

function refusal(cache: CacheOptions, all: CacheOptions): ConfigurationError {
  try {
    createCaches({ a: cache }, all)
  } catch (error) {
    expect(error).toBeInstanceOf(ConfigurationError)
    return error as ConfigurationError
  }
  throw new Error('a ConfigurationError was expected')
}
