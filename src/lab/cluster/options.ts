import type { Milliseconds } from '../../units.js'
import { checkOptions } from '../lab-error.js'
import { loopback } from '../ports.js'
import type { ServerConfig, TlsFiles } from '../server/config-file.js'
import type { ClusterFeatures } from './features.js'

/** Shards of a primary and its replicas, which watch each other. */
export interface ClusterOptions {
  /** How many shards; the slots are divided evenly among them. @default 3 */
  readonly shards?: number
  /** How many replicas each shard has. @default 1 */
  readonly replicas?: number
  /** The servers' `cluster-node-timeout`, in ms. @default 2000 */
  readonly nodeTimeout?: Milliseconds
  /**
   * Every node sits behind a proxy of its own and announces the proxy's port: clients and replicas come through it. The
   * cluster bus and MIGRATE do not. @default false
   */
  readonly proxied?: boolean
  /** What clients are sent to: an address, or a name that the nodes announce. @default '127.0.0.1' */
  readonly host?: string
  /** All links but the lab's own are TLS, the bus included; clients are asked for no certificate. @default none */
  readonly tls?: TlsFiles | undefined
  /** Settings of all nodes; they win over the lab's own. @default {} */
  readonly config?: ServerConfig
}

/** Complete, with what the servers can do. */
export interface ResolvedClusterOptions extends Readonly<Required<ClusterOptions>> {
  readonly features: ClusterFeatures
}

/** @throws {LabError} E_LAB when an option is unknown, or a number is none that a cluster can have */
export function resolveClusterOptions(options: ClusterOptions, features: ClusterFeatures): ResolvedClusterOptions {
  const { shards = 3, replicas = 1, nodeTimeout = 2_000, proxied = false, host = loopback, tls, config = {} } = options
  const resolved = { shards, replicas, nodeTimeout, proxied, host, tls, config }
  checkOptions('cluster', options, resolved, { shards: 1, replicas: 0 })
  return { ...resolved, features }
}

/** What settings of these names are while the lab changes nothing. */
export function usual(changed: ServerConfig, { nodeTimeout, config }: ResolvedClusterOptions): ServerConfig {
  const settings: ServerConfig = {
    'cluster-ping-interval': '0',
    'cluster-node-timeout': String(nodeTimeout),
    'cluster-replica-no-failover': 'no',
    'cluster-require-full-coverage': 'yes',
    'cluster-allow-replica-migration': 'yes',
    ...config,
  }
  return Object.fromEntries(Object.keys(changed).map((name) => [name, settings[name] ?? '']))
}
