import { load } from './our-build.mjs'

/** The client of a cluster below the cache, put together as `config/assembly.ts` does, with the options of a cache as it comes. */
export async function open({ nodes }, { dist } = {}) {
  const { get, mget, set } = await load('clients/commands/strings.js', dist)
  const client = await clientOf(nodes, dist)
  return {
    get: (key) => client.execute(get(key, 'text')),
    getMany: (keys) => client.execute(mget(keys, 'text')),
    set: (key, value) => client.execute(set(key, value, forEver)),
    close: () => client.close(),
  }
}

async function clientOf(nodes, dist) {
  const [{ resolveCache }, { ClusterClient }, { RemoteClient }, { ReplicatedRouter }] = await Promise.all(
    ['config/resolve.js', 'clients/cluster/client.js', 'clients/remote.js', 'clients/routing/replicated.js'].map(
      (path) => load(path, dist),
    ),
  )
  const location = nodes.map(({ host, port }) => `valkey://${host}:${port}/0`)
  const { client: remote } = resolveCache('bench', { client: 'cluster', location }, {})
  const source = await nodesOf(remote, dist)
  const shard = (provider, part) =>
    new RemoteClient(new ReplicatedRouter(lent(provider), source, remote.routing), {
      ...remote.commands,
      cluster: part,
    })
  return new ClusterClient(lent(await mapOf(remote, dist)), { ...remote.commands, ...remote.routing, shard })
}

async function mapOf({ servers, connection, cluster }, dist) {
  const { ClusterProvider } = await load('topology/cluster/provider.js', dist)
  const { loopClock } = await load('connection/deadlines.js', dist)
  const { RespConnectionFactory } = await load('connection/resp/factory.js', dist)
  const options = { seeds: cluster.seeds, timeout: connection.connectTimeout, secure: false, path: servers.path }
  return new ClusterProvider(options, new RespConnectionFactory(connection), loopClock)
}

async function nodesOf({ connection, pool }, dist) {
  const { MultiplexedPool } = await load('connection/multiplexed-pool.js', dist)
  const { Node } = await load('connection/node.js', dist)
  const { Registry } = await load('connection/registry.js', dist)
  const { RespConnectionFactory } = await load('connection/resp/factory.js', dist)
  const { readOnlyInitialiser } = await load('topology/cluster/readonly.js', dist)
  const factory = new RespConnectionFactory(connection, { initialisers: [readOnlyInitialiser], purpose: 'cluster' })
  const registry = new Registry()
  return (target) =>
    registry.borrow(`${target.role} ${target.host}:${target.port}`, () => {
      return new Node(target, new MultiplexedPool(target, factory, pool))
    })
}

const lent = (value) => ({ value, release: () => value.close?.() ?? Promise.resolve() })
const forEver = { ttl: undefined }
