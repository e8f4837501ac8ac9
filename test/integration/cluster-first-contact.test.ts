import { describe, expect } from 'vitest'
import { isPermanent } from '../../src/connection/back-off.js'
import { ClusterUnreachableError, ConfigurationError, UnsupportedError } from '../../src/errors.js'
import type { CacheOptions } from '../../src/index.js'
import { eventually, freePort, type LabServer } from '../../src/lab/index.js'
import { at, test as base } from '../support/caches.js'
import { rejection } from '../support/rejection.js'

const test = base
  .extend('cluster', { scope: 'file' }, ({ lab }) => lab.cluster({ shards: 1, replicas: 1 }))
  .extend('sentinel', { scope: 'file' }, async ({ lab }) => {
    const { sentinels } = await lab.group({ replicas: 0, sentinels: 1 })
    return sentinels[0] as LabServer
  })
  /** What `ready()` and a call of a cache with these options reject with. */
  .extend('refusals', ({ make }) => async (options: CacheOptions): Promise<readonly Error[]> => {
    const caches = make({ cache: { ...patience, ...options } })
    const failures = [caches.ready(), caches.cache.get('k'), caches.cache.set('k', 1)].map(rejection)
    return (await Promise.all(failures)).map(({ error }) => error as Error)
  })

/** Calls are tried again for a short time only. */
const patience = { readDeadline: '1s', writeDeadline: '1s' } as const

describe('the location of a cache on a cluster', () => {
  test('that is a plain server says which client it is for', async ({ server, refusals }) => {
    for (const error of await refusals({ client: 'cluster', location: [at(server)] })) {
      expect(error).toBeInstanceOf(ConfigurationError)
      expect(error).toMatchObject({ path: 'caches.cache.location' })
      expect(error.message).toMatch(new RegExp(`${server.address} is a server without a cluster.*client: 'default'`))
      expect(isPermanent(error)).toBe(true)
    }
  })

  test('that does not speak TLS, where it is to, says so', async ({ cluster, refusals }) => {
    const location = cluster.locations.map((one) => one.replace('valkey:', 'valkeys:'))
    for (const error of await refusals({ client: 'cluster', location })) {
      expect(error).toBeInstanceOf(ClusterUnreachableError)
      expect(error.message).toMatch(/has not told the map within \d+ ms; .*does it speak TLS there/)
    }
  })

  test('that is a sentinel says where sentinels belong', async ({ sentinel, refusals }) => {
    for (const error of await refusals({ client: 'cluster', location: at(sentinel) })) {
      expect(error).toBeInstanceOf(ConfigurationError)
      expect(error).toMatchObject({ path: 'caches.cache.location' })
      expect(error.message).toMatch(/is a sentinel; name it in sentinels with client: 'sentinel'/)
    }
  })

  test('where nobody answers says whom it asked, and what came of it', async ({ refusals }) => {
    const ports = [await freePort(), await freePort()]
    const location = ports.map((port) => `valkey://127.0.0.1:${port}`)
    for (const error of await refusals({ client: 'cluster', location })) {
      expect(error).toBeInstanceOf(ClusterUnreachableError)
      for (const port of ports) expect(error.message).toContain(`127.0.0.1:${port}`)
    }
  })

  test('may be one node that does not answer beside one that does', async ({ cluster, make }) => {
    const location = [`valkey://127.0.0.1:${await freePort()}`, ...cluster.locations.slice(1, 2)]
    const { cache } = make({ cache: { client: 'cluster', location } })
    expect(await cache.set('k', 1)).toBe(true)
    expect(await cache.get('k')).toBe(1)
  })
})

test('caches of one cluster share its map and the connections to its nodes', async ({ cluster, make }) => {
  const shared = { client: 'cluster', location: cluster.locations, clientName: 'shared' } as const
  const { one, other } = make({ one: { prefix: 'one' }, other: { prefix: 'other', ttl: '1m' } }, shared)
  await Promise.all([one, other].flatMap((cache) => [cache.set('k', 1), cache.get('absent')]))
  // Whoever asks for the map has a connection of its own for a moment.
  for (const node of cluster.nodes) await eventually(async () => (await connectionsTo(node, 'shared')) === 1)
})

async function connectionsTo(node: LabServer, name: string): Promise<number> {
  const clients = String(await node.command('CLIENT', 'LIST')).split('\n')
  return clients.filter((client) => client.includes(` name=${name} `)).length
}

test('a node of a cluster is no plain server, and the error says which client it is for', async ({
  cluster,
  refusals,
}) => {
  for (const location of cluster.locations)
    for (const error of await refusals({ location })) {
      expect(error).toBeInstanceOf(UnsupportedError)
      expect(error.message).toMatch(/is a node of a cluster; set client: 'cluster'/)
    }
})

test('a database that a cluster does not have says since which version there are some', async ({
  cluster,
  refusals,
}) => {
  const location = cluster.locations.map((one) => `${one}/3`)
  for (const error of await refusals({ client: 'cluster', location })) {
    expect(error).toBeInstanceOf(ConfigurationError)
    expect(error).toMatchObject({ path: 'database' })
    expect(error.message).toMatch(/SELECT is not allowed in cluster mode.*before Valkey 9.*cluster-databases/)
  }
})
