import type { CacheOptions } from '../../src/index.js'
import type { Lab } from '../../src/lab/index.js'
import { at } from './caches.js'
import { serverWithoutHello } from './without-hello.js'

/** Every kind of deployment that a cache can live on; each makes the options of a cache of its own. */
export const deployments: readonly (readonly [name: string, deploy: (lab: Lab) => Promise<CacheOptions>])[] = [
  ['memory', async () => ({ location: 'memory://' })],
  ['a server', async (lab) => ({ location: at(await lab.server()) })],
  ['a server in RESP2', async (lab) => ({ location: at(await serverWithoutHello(lab)) })],
  ['a primary and a replica', async (lab) => ({ location: (await lab.group({ replicas: 1, sentinels: 0 })).location })],
  [
    'sentinel',
    async (lab) => {
      const config = { 'min-replicas-to-write': '1' }
      const { location, sentinelAddresses: sentinels } = await lab.group({ replicas: 1, steady: false, config })
      return { location, client: 'sentinel', sentinels }
    },
  ],
  [
    'three shards',
    async (lab) => {
      const servers = await Promise.all([lab.server(), lab.server(), lab.server()])
      return { location: servers.map((server) => at(server)), client: 'shard' }
    },
  ],
  ['a cluster', async (lab) => ({ location: (await lab.cluster()).locations, client: 'cluster' })],
]
