import type { NodeTarget } from '../connection/connection.js'
import type { Closable } from '../connection/registry.js'
import type { CacheError } from '../errors.js'
import type { Milliseconds } from '../units.js'
import type { TopologyEvent } from './events.js'
import type { Topology } from './topology.js'

/** Where the topology comes from. Changes are announced; polling is the provider's own affair. */
export interface TopologyProvider extends Closable {
  /** What the servers are called in errors: the service name, or their addresses. */
  readonly name: string
  /** `undefined` until it is known for the first time. */
  readonly current: Topology | undefined
  /** When a majority of the sentinels last answered; `-Infinity` before, and where there are none to ask. */
  readonly quorateAt: Milliseconds
  /** When it began to look; `-Infinity` before, and where there is nothing to look for. */
  readonly startedAt: Milliseconds
  /** Begins to look, on first use. */
  start(): void
  /** Evidence that the topology is not what it seems: looks again at once. */
  refresh(): void
  /** Evidence that a failover has begun: there is a notice of one until the sentinels were asked. */
  alarm(): void
  /**
   * A candidate says that it is primary, on a connection of ours: it is, before it is announced.
   * @returns whether it is the primary now; not when no failover is heard of that is to promote it
   */
  promote(candidate: NodeTarget): boolean
  /** Says whether this observer cannot use the primary; while any says so the provider looks often. */
  suspect(observer: object, suspected: boolean): void
  onChange(listener: (after: Topology, events: readonly TopologyEvent[]) => void): () => void
  /** Called when a look found nothing and nothing was known before. */
  onFailure(listener: (error: CacheError) => void): () => void
}
