import type { Address, NodeTarget } from '../connection/connection.js'
import type { Milliseconds } from '../units.js'

/** Who is primary and who follows it, as known at one moment. */
export interface Topology {
  readonly primary: NodeTarget | undefined
  readonly replicas: readonly NodeTarget[]
  /** Those that answer. */
  readonly sentinels: readonly Address[]
  /** Sentinel's config-epoch, 0 without Sentinel: of two answers the higher one is newer. */
  readonly epoch: number
  /** Whether the primary is known from its own word only: the sentinels have not announced it yet. */
  readonly provisional: boolean
  /** What was heard of the primary's replacement; `undefined` when none is under way. */
  readonly failover: FailoverNotice | undefined
  /** Whether more than half of all sentinels answer, so that they can name another primary; never without Sentinel. */
  readonly quorate: boolean
  /** Whether a sentinel that answers says that the primary is down; never without Sentinel. */
  readonly primaryDown: boolean
  /** Replicas of which one may be promoted at any moment, though nobody says which; asked for their role all the time. @default none */
  readonly heirs?: readonly NodeTarget[]
  /**
   * How long a node that answers, and loses its role, may go on to answer what it was sent before, in ms. Where it is 0 its
   * sockets are dropped at once: what a primary accepts after its replacement would be lost. In a cluster it answers with
   * MOVED then. @default 0
   */
  readonly retireAfter?: Milliseconds
}

/** A failover of the current primary that is under way, or may be. */
export interface FailoverNotice {
  /** Tells one failover from the next. */
  readonly id: number
  /** The replica that is to become the primary, once a sentinel has named it. */
  readonly candidate: NodeTarget | undefined
  /**
   * Whether the primary itself hands over (Valkey from 9.0 on): it pauses its writes, and the clients of both servers are
   * dropped when a sentinel notices the promotion. The notice stays until the sentinels say that all this is over, so for
   * a moment it is about the current primary, which is its candidate.
   */
  readonly coordinated: boolean
}
