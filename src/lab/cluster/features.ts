import { versionOf, type Binaries } from '../server/binaries.js'
import type { ServerConfig } from '../server/config-file.js'

/** In what servers differ that a cluster can be made of. */
export interface ClusterFeatures {
  /** Shards have ids, and `nodes.conf` names them. */
  readonly shardIds: boolean
  /** Settings with which nodes tell each other of themselves often, so that they know each other soon. */
  readonly starting: ServerConfig
  /** The same for a cluster that serves clients; undefined where these would notice. */
  readonly serving?: ServerConfig
}

/** Every Valkey is as Redis 7.2, from which it was made. */
export function featuresOf({ name, server }: Binaries): ClusterFeatures {
  return name === 'redis' && /v=([0-6]|7\.[01])\./.test(versionOf(server)) ? beforeRedis72 : sinceRedis72
}

const often = { 'cluster-ping-interval': '50' }

const sinceRedis72: ClusterFeatures = { shardIds: true, starting: often, serving: often }

/** Nodes ping each other twice in a node timeout; whoever is slow while it is short is not to be replaced. */
const beforeRedis72: ClusterFeatures = {
  shardIds: false,
  starting: { 'cluster-node-timeout': '400', 'cluster-replica-no-failover': 'yes' },
}
