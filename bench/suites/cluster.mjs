// Three primaries without replicas. Ours is the whole cache: prefix, version and JSON; the others give texts.
const ours = { module: 'our-cache', options: { cluster: true } }
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
      { ...ours, name: 'cache.getMany, deadlines on' },
      { ...redis, name: '@redis/client, timeout off, one GET each', atLeast: 3 },
      { ...iovalkey, name: 'iovalkey, one GET each', atLeast: 3 },
      { ...iovalkey, name: 'iovalkey, the same with autopipelining', options: { pipelining: true }, atLeast: 3 },
    ],
  },
  {
    title: 'Cluster: get 1 KiB JSON, 64 in flight',
    operation: 'get',
    payload: '1 KiB JSON',
    inFlight: 64,
    cluster: true,
    contestants: [
      { ...ours, name: 'cache.get on the cluster' },
      { name: 'on one server, not gathered', module: 'our-cache', options: { gathering: false }, atLeast: 0.9 },
      { name: 'on one server, GETs of one tick gathered', module: 'our-cache', atLeast: 0.6 },
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
      { ...ours, name: `cache.${operation}, deadlines on` },
      { ...redis, atLeast: 2 },
      { ...redis, name: '@redis/client, as it comes', options: {} },
      { ...iovalkey, atLeast: 3 },
    ],
  }
}
