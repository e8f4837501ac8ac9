import { HashRing } from '../../src/clients/shard/ring.js'
import type { Cache, CacheOptions } from '../../src/index.js'
import type { LabServer } from '../../src/lab/index.js'
import { at, test as base } from './caches.js'

/** Tests on three servers as shards, which the file shares, and a cache on them; or on three of their own. */
export const test = base
  .extend('servers', { scope: 'file' }, ({ lab }) => Promise.all([lab.server(), lab.server(), lab.server()]))
  .extend('sharded', async ({ servers, make }): Promise<Cache> => {
    await Promise.all(servers.map((server) => server.command('FLUSHALL')))
    return make({ cache: shardsOf(servers) }).cache
  })
  .extend('ownServers', async ({ lab }, { onCleanup }) => {
    const own = await Promise.all([lab.server(), lab.server(), lab.server()])
    onCleanup(async () => void (await Promise.all(own.map((server) => server.kill()))))
    return own
  })

/** What makes a cache whose shards are these servers. */
export function shardsOf(servers: readonly LabServer[], options: CacheOptions = {}): CacheOptions {
  return { client: 'shard', location: servers.map((server) => at(server)), ...options }
}

/** The server that has a key, as the ring says. */
export function ownerOf(cache: Cache, servers: readonly LabServer[], key: string): LabServer {
  const ring = new HashRing(servers.map((server) => at(server)))
  return servers[ring.shardOf(cache.makeKey(key))] as LabServer
}

/** The first key, such as `k7`, that one of these servers has. */
export function keyOn(cache: Cache, servers: readonly LabServer[], owner: LabServer, from = 0): string {
  for (let index = from; ; index++) if (ownerOf(cache, servers, `k${index}`) === owner) return `k${index}`
}
