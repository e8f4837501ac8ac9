import { addressOf, type Address } from '../connection/connection.js'
import type { Milliseconds } from '../units.js'
import type { Topology } from './topology.js'

/**
 * How we know that there is another primary: a candidate proved it before it was announced (`promotion`), the sentinels
 * announced it (`announcement`), or they returned to a lower epoch (`reset`).
 */
export type SwitchCause = 'promotion' | 'announcement' | 'reset'

/** A change of the topology, as `cache.on()` reports it. */
export type TopologyEvent =
  | {
      readonly type: 'primary-changed'
      readonly from: Address | undefined
      readonly to: Address | undefined
      readonly epoch: number
      readonly cause: SwitchCause
      /** In a cluster: which shard, by its place in `topology().shards`. */
      readonly shard?: number
      /** From the first sign of trouble with the old primary to now, in ms. */
      readonly duration: Milliseconds
    }
  /** In a cluster: slots that another shard serves from now on. */
  | {
      readonly type: 'slots-moved'
      /** The primary that served them; `undefined`: none did. */
      readonly from: Address | undefined
      /** The primary that serves them; `undefined`: none does. */
      readonly to: Address | undefined
      readonly slots: readonly (readonly [from: number, to: number])[]
    }
  | { readonly type: 'replica-added'; readonly address: Address }
  | { readonly type: 'replica-removed'; readonly address: Address }
  /** A replica that we know does not answer us; reads go elsewhere. */
  | { readonly type: 'replica-ejected'; readonly address: Address; readonly reason: string }
  | { readonly type: 'replica-restored'; readonly address: Address }
  | { readonly type: 'sentinel-lost'; readonly address: Address }
  | { readonly type: 'sentinel-found'; readonly address: Address }
  /**
   * The server that is named as the primary has been saying for a second that it is a replica, and no failover is heard
   * of: writes wait until it is primary again, or another one is named.
   */
  | { readonly type: 'primary-demoted'; readonly address: Address; readonly reason: string }
  /** Sentinels that answer name different primaries, each with the sentinels that name it. */
  | { readonly type: 'disagreement'; readonly claims: readonly SentinelClaim[] }

/** What some sentinels say. */
export interface SentinelClaim {
  readonly primary: Address
  readonly epoch: number
  readonly sentinels: readonly Address[]
}

/** What happened between two topologies; the first sight is no event. Pure. */
export function diffTopology(before: Topology, after: Topology, since: Milliseconds): readonly TopologyEvent[] {
  return [
    ...primaryChange(before, after, since),
    ...changes(before.replicas.map(addressOf), after.replicas.map(addressOf), 'replica-added', 'replica-removed'),
    ...changes(before.sentinels, after.sentinels, 'sentinel-found', 'sentinel-lost'),
  ]
}

function primaryChange(before: Topology, after: Topology, duration: Milliseconds): readonly TopologyEvent[] {
  const [from, to] = [before.primary && addressOf(before.primary), after.primary && addressOf(after.primary)]
  if (from === to) return []
  return [{ type: 'primary-changed', from, to, epoch: after.epoch, cause: causeOf(before, after), duration }]
}

function causeOf(before: Topology, after: Topology): SwitchCause {
  if (after.provisional) return 'promotion'
  return after.epoch < before.epoch ? 'reset' : 'announcement'
}

function changes<Added extends 'replica-added' | 'sentinel-found', Gone extends 'replica-removed' | 'sentinel-lost'>(
  before: readonly Address[],
  after: readonly Address[],
  added: Added,
  gone: Gone,
): readonly { readonly type: Added | Gone; readonly address: Address }[] {
  return [
    ...after.filter((address) => !before.includes(address)).map((address) => ({ type: added, address })),
    ...before.filter((address) => !after.includes(address)).map((address) => ({ type: gone, address })),
  ]
}
