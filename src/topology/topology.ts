import { addressOf, type Address, type NodeTarget } from '../connection/connection.js'
import type { Closable } from '../connection/registry.js'
import type { CacheError } from '../errors.js'

/** Who is primary and who follows it, as known at one moment. */
export interface Topology {
  readonly primary: NodeTarget | undefined
  readonly replicas: readonly NodeTarget[]
  readonly sentinels: readonly Address[]
  /** Sentinel's config-epoch, 0 without Sentinel: of two answers the higher one is newer. */
  readonly epoch: number
}

/** A change of the topology, as `cache.on()` reports it. */
export type TopologyEvent =
  | {
      readonly type: 'primary-changed'
      readonly from: Address | undefined
      readonly to: Address | undefined
      readonly epoch: number
    }
  | { readonly type: 'replica-added'; readonly address: Address }
  | { readonly type: 'replica-removed'; readonly address: Address }

/** Where the topology comes from. Changes are announced; polling is the provider's own affair. */
export interface TopologyProvider extends Closable {
  /** What the servers are called in errors: the service name, or their addresses. */
  readonly name: string
  /** `undefined` until it is known for the first time. */
  readonly current: Topology | undefined
  /** Begins to look, on first use. */
  start(): void
  /** Evidence that the topology is not what it seems: looks again at once. */
  refresh(): void
  /** Says whether this observer cannot use the primary; while any says so the provider looks often. */
  suspect(observer: object, suspected: boolean): void
  onChange(listener: (after: Topology, before: Topology | undefined) => void): () => void
  /** Called when a look found nothing and nothing was known before. */
  onFailure(listener: (error: CacheError) => void): () => void
}

/** What happened between two topologies; the first sight is no event. Pure. */
export function diffTopology(before: Topology | undefined, after: Topology): readonly TopologyEvent[] {
  const [from, to] = [before?.primary && addressOf(before.primary), after.primary && addressOf(after.primary)]
  const [old, now] = [(before?.replicas ?? []).map(addressOf), after.replicas.map(addressOf)]
  return [
    ...(from === to ? [] : [{ type: 'primary-changed', from, to, epoch: after.epoch } as const]),
    ...now.filter((address) => !old.includes(address)).map((address) => ({ type: 'replica-added', address }) as const),
    ...old
      .filter((address) => !now.includes(address))
      .map((address) => ({ type: 'replica-removed', address }) as const),
  ]
}
