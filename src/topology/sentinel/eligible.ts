import { addressOf, type Address } from '../../connection/connection.js'
import type { Milliseconds } from '../../units.js'
import type { ReplicaView } from './replies.js'

/**
 * Whether a replica may serve reads by what a sentinel says of it.
 * Links break in every failover, so one that is down counts only after the grace, and not at all while the primary
 * itself is down. One that never had a link, as an ex-primary before its first sync, holds data of its own.
 * Following another replica disqualifies; following a name that nobody here has does not, for a host name and its IP
 * address are the same server.
 * @param others the addresses of all replicas
 */
export function isEligible(replica: ReplicaView, others: ReadonlySet<Address>, primaryDown: boolean): boolean {
  const { roleReported, linkUp, linkDownFor, primaryHost, primaryPort } = replica
  if (!isUp(replica) || roleReported !== 'slave') return false
  const heardOf = primaryPort > 0
  if (!heardOf || linkDownFor < 0) return false
  if (primaryDown) return true
  return !others.has(addressOf({ host: primaryHost, port: primaryPort })) && (linkUp || linkDownFor < linkGrace)
}

/** Whether the sentinel reaches the replica. */
export function isUp({ flags }: Pick<ReplicaView, 'flags'>): boolean {
  return !['s_down', 'o_down', 'disconnected'].some((flag) => flags.has(flag))
}

/** How long a replica is kept that no longer qualifies, in ms. */
export const linkGrace: Milliseconds = 10_000
