import type { Address } from '../../connection/connection.js'
import type { Milliseconds } from '../../units.js'
import type { Claim } from './decide-claim.js'
import type { Failover } from './failover.js'
import type { ReplicaView, SentinelView } from './replies.js'

/** What one sentinel answered: its claim, and what it knows of the servers around it. */
export interface Observation extends Claim {
  /** The sentinel's own run id; `undefined` where it is too old to tell it, or our user may not ask. */
  readonly id: string | undefined
  /** How many sentinels of the service it knows, itself included; dead ones count until it is reset. */
  readonly electorate: number
  readonly primaryDown: boolean
  readonly replicas: readonly ReplicaView[]
  /** The other sentinels that it believes to be alive. */
  readonly sentinels: readonly SentinelView[]
  /** The failover that it leads. */
  readonly failover: Omit<Failover, 'epoch'> | undefined
  /** When the answer came. */
  readonly at: Milliseconds
}

/** An observation and the sentinel that made it. */
export type ObservationBy = Observation & { readonly by: Address }
