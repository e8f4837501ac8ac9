import type { NodeTarget } from '../../connection/connection.js'
import { Listeners } from '../../connection/listeners.js'
import type { CacheError } from '../../errors.js'
import type { Clock, Milliseconds } from '../../units.js'
import { diffTopology, type TopologyEvent } from '../events.js'
import type { TopologyProvider } from '../provider.js'
import type { Topology } from '../topology.js'

/** What is known of one shard. */
export interface ShardFacts {
  readonly primary: NodeTarget | undefined
  readonly replicas: readonly NodeTarget[]
  /** Whether no map says yet that it is the primary. */
  readonly provisional: boolean
  /** Whether the map says that the primary has failed. */
  readonly primaryDown: boolean
  /** Whether nodes of the cluster answered the last look. */
  readonly quorate: boolean
}

/** What a shard asks of the provider of the whole cluster. */
export interface ShardHost {
  /** When a node last told the map. */
  readonly answeredAt: Milliseconds
  start(): void
  refresh(): void
  /** A shard's primary cannot be used, or may be about to be replaced. */
  troubled(): void
  /** A connection of ours says that this node is primary. @returns whether it is the primary of its shard now */
  promote(candidate: NodeTarget): boolean
  onFailure(listener: (error: CacheError) => void): () => void
}

/**
 * One shard of a cluster, as a primary and its replicas. While the primary is in trouble its replicas are heirs: any of
 * them may be promoted, and nobody announces which.
 * It ends with the provider of the whole cluster, whichever caches use it.
 */
export class ShardProvider implements TopologyProvider {
  readonly name: string
  /** A shard is known by an answer, whose time is in `quorateAt`. */
  readonly startedAt: Milliseconds = -Infinity
  readonly #host: ShardHost
  readonly #clock: Clock
  readonly #listeners = new Listeners<[after: Topology, events: readonly TopologyEvent[]]>()
  /** Those who cannot use the primary. */
  readonly #suspectedBy = new Set<object>()
  #facts: ShardFacts
  #current: Topology
  #alarm: NodeJS.Timeout | undefined
  #troubleSince: Milliseconds | undefined

  constructor(name: string, facts: ShardFacts, host: ShardHost, clock: Clock) {
    this.name = name
    this.#facts = facts
    this.#host = host
    this.#clock = clock
    this.#current = this.#topology()
  }

  get current(): Topology {
    return this.#current
  }

  get quorateAt(): Milliseconds {
    return this.#host.answeredAt
  }

  /** Whether its primary cannot be used, or may be about to be replaced. */
  get isTroubled(): boolean {
    return this.#suspectedBy.size > 0 || this.#alarm !== undefined || this.#facts.primaryDown
  }

  start(): void {
    this.#host.start()
  }

  refresh(): void {
    this.#host.refresh()
  }

  suspect(observer: object, suspected: boolean): void {
    if (suspected === this.#suspectedBy.has(observer)) return
    if (suspected) this.#suspectedBy.add(observer)
    else this.#suspectedBy.delete(observer)
    this.#publishSoon()
    if (suspected) this.#host.troubled()
  }

  alarm(): void {
    clearTimeout(this.#alarm)
    this.#alarm = setTimeout(() => this.#endAlarm(), longestAlarm).unref()
    this.#publishSoon()
    this.#host.troubled()
  }

  promote(candidate: NodeTarget): boolean {
    return this.#host.promote(candidate)
  }

  onChange(listener: (after: Topology, events: readonly TopologyEvent[]) => void): () => void {
    return this.#listeners.add(listener)
  }

  onFailure(listener: (error: CacheError) => void): () => void {
    return this.#host.onFailure(listener)
  }

  async close(): Promise<void> {}
  destroy(): void {}

  /** Takes in what is known of the shard now. */
  follow(facts: ShardFacts): void {
    this.#facts = facts
    this.#publish()
  }

  /** The shard is gone, or its provider is. */
  stop(): void {
    clearTimeout(this.#alarm)
    this.#alarm = undefined
  }

  #endAlarm(): void {
    this.#alarm = undefined
    this.#publish()
  }

  /** A listener may suspect, or stop to, because of what it is being told; all listeners hear of that before. */
  #publishSoon(): void {
    queueMicrotask(() => this.#publish())
  }

  #publish(): void {
    const [before, after] = [this.#current, this.#topology()]
    const since = this.#troubleSince ?? this.#clock.now()
    this.#troubleSince = this.isTroubled ? since : undefined
    const events = diffTopology(before, after, this.#clock.now() - since)
    if (events.length === 0 && sameView(before, after)) return
    this.#current = after
    this.#listeners.tell(after, events)
  }

  #topology(): Topology {
    return Object.freeze({
      ...this.#facts,
      sentinels: [],
      epoch: 0,
      failover: undefined,
      heirs: this.isTroubled ? this.#facts.replicas : none,
      retireAfter,
    })
  }
}

function sameView(before: Topology, after: Topology): boolean {
  const same = (['provisional', 'quorate', 'primaryDown'] as const).every((part) => before[part] === after[part])
  return same && before.heirs?.length === after.heirs?.length
}

const none: readonly NodeTarget[] = []
/** A node that was replaced and answers has answered what it was sent after this time, in ms. */
const retireAfter: Milliseconds = 1_000
/** How long the replicas are asked for their role after signs of a failover, in ms. */
const longestAlarm: Milliseconds = 1_000
