import { installedVersion } from '../../harness/setup.mjs'

/** Each as it comes; reads go to replicas where a client can do that. */
export function contestants() {
  const [iovalkey, ioredis, nodeRedis] = ['iovalkey', 'ioredis-6', '@redis/client'].map(installedVersion)
  return [
    { name: 'valkey-cache', module: 'ours' },
    { name: `iovalkey ${iovalkey}`, module: 'ioredis-family', options: { module: 'iovalkey' } },
    {
      name: `iovalkey ${iovalkey}, failoverDetector`,
      module: 'ioredis-family',
      options: { module: 'iovalkey', failoverDetector: true },
    },
    {
      name: `ioredis ${ioredis}, failoverDetector`,
      module: 'ioredis-family',
      options: { module: 'ioredis-6', failoverDetector: true },
    },
    { name: `@redis/client ${nodeRedis}`, module: 'node-redis' },
  ]
}
