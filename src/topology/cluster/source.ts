import type { Address, NodeTarget } from '../../connection/connection.js'
import type { Closable } from '../../connection/registry.js'
import type { CacheError } from '../../errors.js'
import type { Milliseconds } from '../../units.js'
import type { TopologyEvent } from '../events.js'
import type { TopologyProvider } from '../provider.js'

/** Slots from the first to the last, both included. */
export type SlotRange = readonly [from: number, to: number]

/** A primary, its replicas, and the slots that they serve. */
export interface ClusterShard {
  /** Names the shard for as long as it lasts, also when its primary or its slots change; means nothing to a server. */
  readonly id: string
  /** `undefined` while no node of the shard can be its primary. */
  readonly primary: NodeTarget | undefined
  /** Those that are online. */
  readonly replicas: readonly NodeTarget[]
  /** In ascending order; adjacent ranges are one. */
  readonly slots: readonly SlotRange[]
}

/** Which nodes serve which slots, as known at one moment. Shards stand in the order of their lowest slots. */
export interface ClusterMap {
  readonly shards: readonly ClusterShard[]
}

/** Where the map of a cluster comes from. Changes are announced; asking for it is the source's own affair. */
export interface ClusterSource extends Closable {
  /** The seeds, for messages. */
  readonly name: string
  /** `undefined` until it is known for the first time. */
  readonly current: ClusterMap | undefined
  /** After which silence the servers replace a primary, in ms: `cluster-node-timeout`; 15,000 where it is not told. */
  readonly nodeTimeout: Milliseconds
  /** Begins to look, on first use. */
  start(): void
  /** Evidence that the map is not what it seems: looks again soon, together with whoever asks for it too. */
  refresh(): void
  /** Looks again, and resolves when that has ended, whatever came of it. */
  look(): Promise<void>
  /** A node said that another one serves this slot. What that says of a shard or a slot counts at once. */
  moved(slot: number, to: NodeTarget, from: Address): void
  /** One shard as a primary and its replicas; the same object for as long as the shard lasts. */
  shard(id: string): TopologyProvider
  onChange(listener: (after: ClusterMap, events: readonly TopologyEvent[]) => void): () => void
  /** Called when a look found nothing and nothing was known before. */
  onFailure(listener: (error: CacheError) => void): () => void
}
