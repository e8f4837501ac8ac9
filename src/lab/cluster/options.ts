import type { Milliseconds } from '../../units.js'
import { LabError } from '../lab-error.js'
import { loopback } from '../ports.js'
import type { ServerConfig, TlsFiles } from '../server/config-file.js'

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

export type ResolvedClusterOptions = Readonly<Required<ClusterOptions>>

/** @throws {LabError} E_LAB when a number is none that a cluster can have */
export function resolveClusterOptions({
  shards = 3,
  replicas = 1,
  nodeTimeout = 2_000,
  proxied = false,
  host = loopback,
  tls,
  config = {},
}: ClusterOptions = {}): ResolvedClusterOptions {
  if (!(Number.isInteger(shards) && shards >= 1)) throw new LabError(`shards must be at least 1, got ${shards}.`)
  if (!(Number.isInteger(replicas) && replicas >= 0)) throw new LabError(`replicas must be 0 or more, got ${replicas}.`)
  return { shards, replicas, nodeTimeout, proxied, host, tls, config }
}
