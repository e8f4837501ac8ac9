// Three primaries without replicas. Where others give texts, ours is the client below the cache; the cache stands beside it.
const ours = { name: 'our client, deadlines on', module: 'our-cluster-client' }
const cache = { module: 'our-cache', options: { on: 'cluster' } }
const redis = { name: '@redis/client, timeout off', module: 'redis-cluster', options: { timeout: 'off' } }
const iovalkey = { name: 'iovalkey', module: 'iovalkey-cluster' }

export const cluster = [
  inFlight('get'),
  inFlight('set'),
  {
    title: 'Cluster: getMany of 100 × 100 B, 1 in flight',
    operation: 'getMany',
    payload: '100 B',
    inFlight: 1,
    cluster: true,
    contestants: [
      ours,
      { ...cache, name: 'the whole cache, JSON' },
      { ...redis, name: '@redis/client, timeout off, a GET each', atLeast: 3 },
      { ...iovalkey, name: 'iovalkey, a GET each', atLeast: 3 },
      { ...iovalkey, name: 'the same with its autopipelining', options: { pipelining: true }, atLeast: 3 },
    ],
  },
  {
    title: 'Cluster: get 1 KiB JSON, 256 in flight',
    operation: 'get',
    payload: '1 KiB JSON',
    inFlight: 256,
    cluster: true,
    contestants: [
      { ...cache, name: 'cache.get on the cluster' },
      { name: 'on one server, not gathered', module: 'our-cache', options: { gathering: false }, atLeast: 0.9 },
      { name: 'on one server, gathered', module: 'our-cache', atLeast: 0.6 },
    ],
  },
]

function inFlight(operation) {
  return {
    title: `Cluster: ${operation.toUpperCase()} 100 B, 256 in flight`,
    operation,
    payload: '100 B',
    inFlight: 256,
    cluster: true,
    contestants: [
      ours,
      { ...cache, name: 'the whole cache, JSON' },
      { ...redis, atLeast: 2 },
      { ...redis, name: '@redis/client, as it comes', options: {} },
      { ...iovalkey, atLeast: 3 },
    ],
  }
}
