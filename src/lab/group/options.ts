import type { Milliseconds } from '../../units.js'
import type { ServerConfig, TlsFiles } from '../server/config-file.js'
import { checkOptions } from '../lab-error.js'
import { loopback } from '../ports.js'

/** A primary with its replicas, watched by sentinels. */
export interface GroupOptions {
  /** The name that the sentinels know it by. @default 'mymaster' */
  readonly serviceName?: string
  /** How many replicas. @default 2 */
  readonly replicas?: number
  /** How many sentinels; 0 for a group that nobody watches. @default 3 */
  readonly sentinels?: number
  /** How many sentinels must agree that the primary is down. @default 2, or fewer where there are fewer */
  readonly quorum?: number
  /** Sentinel's `down-after-milliseconds`, in ms. @default 1000 */
  readonly downAfter?: Milliseconds
  /** Sentinel's `failover-timeout`, in ms. @default 5000 */
  readonly failoverTimeout?: Milliseconds
  /**
   * Waits until the sentinels' links are a second old: they dial again at most once per second, so that a fault that
   * comes earlier is noticed a second late. Without it a group is there in a fifth of a second. @default true
   */
  readonly steady?: boolean
  /**
   * Every node and every sentinel sits behind a proxy of its own, and all links go through them: those of clients, of
   * replicas and of sentinels. @default false
   */
  readonly proxied?: boolean
  /** What all servers are known by: an address, or a name that they resolve and announce. @default '127.0.0.1' */
  readonly host?: string
  /** All links but the lab's own are TLS; clients are asked for no certificate. @default none */
  readonly tls?: TlsFiles | undefined
  /** Settings of all data nodes; they win over the lab's own. @default {} */
  readonly config?: ServerConfig
  /** Settings of all sentinels; the lines of `sentinel` are added to the lab's own. @default {} */
  readonly sentinelConfig?: ServerConfig
}

export type ResolvedGroupOptions = Readonly<Required<GroupOptions>>

/** @throws {LabError} E_LAB when an option is unknown, or a number is none that a group can have */
export function resolveGroupOptions(options: GroupOptions = {}): ResolvedGroupOptions {
  const {
    serviceName = 'mymaster',
    replicas = 2,
    sentinels = 3,
    quorum = Math.min(2, Math.max(1, sentinels)),
    downAfter = 1_000,
    failoverTimeout = 5_000,
    steady = true,
    proxied = false,
    host = loopback,
    tls,
    config = {},
    sentinelConfig = {},
  } = options
  const resolved = {
    serviceName,
    replicas,
    sentinels,
    quorum,
    downAfter,
    failoverTimeout,
    steady,
    proxied,
    host,
    tls,
    config,
    sentinelConfig,
  }
  checkOptions('group', options, resolved, { replicas: 0, sentinels: 0, quorum: 1 })
  return resolved
}
