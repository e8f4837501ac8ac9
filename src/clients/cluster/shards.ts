import { addressOf, type Address, type NodeTarget } from '../../connection/connection.js'
import { ClosedError } from '../../errors.js'
import type { ClusterMap, ClusterSource } from '../../topology/cluster/source.js'
import type { TopologyEvent } from '../../topology/events.js'
import type { TopologyProvider } from '../../topology/provider.js'
import { StaticProvider } from '../../topology/static.js'
import type { Milliseconds } from '../../units.js'
import type { TopologySnapshot } from '../client.js'
import type { RemoteClient } from '../remote.js'
import { SlotTable } from './slot-table.js'
import { clusterSnapshot } from './topology.js'

/** Makes the client of one shard. */
export type MakeShard = (provider: TopologyProvider) => RemoteClient

interface Member {
  readonly client: RemoteClient
  readonly unsubscribe: () => void
}

/** The shards of a cluster, each a client of a primary and its replicas, as the map of the cluster says. */
export class Shards {
  readonly #source: ClusterSource
  readonly #make: MakeShard
  readonly #tell: (event: TopologyEvent) => void
  readonly #table = new SlotTable<RemoteClient>()
  readonly #members = new Map<string, Member>()
  /** Nodes that a server named and the map does not have. */
  readonly #strangers = new Map<Address, RemoteClient>()
  readonly #leaving = new Map<RemoteClient, NodeJS.Timeout>()
  #serving: readonly RemoteClient[] = []
  #map: ClusterMap | undefined
  #stopped = false

  /** @param tell called with what happens in a shard */
  constructor(source: ClusterSource, make: MakeShard, tell: (event: TopologyEvent) => void) {
    this.#source = source
    this.#make = make
    this.#tell = tell
  }

  /** Those that serve slots, in the order of their lowest. */
  get serving(): readonly RemoteClient[] {
    return this.#serving
  }

  /** All of the map, those without slots too. */
  get members(): readonly RemoteClient[] {
    return [...this.#members.values()].map(({ client }) => client)
  }

  /** All that may have calls under way. */
  get all(): readonly RemoteClient[] {
    return [...this.members, ...this.#strangers.values(), ...this.#leaving.keys()]
  }

  /** Whether calls run in any of them. */
  get busy(): boolean {
    return this.all.some((client) => client.busy)
  }

  /** Resolves when no call runs in those that there are now. */
  async settled(): Promise<void> {
    await Promise.all(this.all.map((client) => client.settled()))
  }

  /** Hot path: an array of all slots. */
  at(slot: number): RemoteClient | undefined {
    return this.#table.at(slot)
  }

  /**
   * Takes a new map: makes the clients of new shards, and closes those of shards that are gone once what they have under
   * way is over.
   * @returns the slots that another shard serves now than before, or none
   */
  follow(map: ClusterMap): ReadonlySet<number> {
    this.#map = map
    const wanted = new Set(map.shards.map(({ id }) => id))
    for (const [id, member] of this.#members) if (!wanted.has(id)) this.#drop(id, member)
    for (const [address, client] of this.#strangers) this.#dropStranger(address, client)
    for (const id of wanted) if (!this.#members.has(id)) this.#add(id)
    this.#serving = map.shards.filter(({ slots }) => slots.length > 0).map(({ id }) => this.#clientOf(id))
    return this.#table.update(map, (id) => this.#clientOf(id))
  }

  /**
   * The client whose primary is this node, be it in the map or not.
   * @throws {ClosedError} E_CLOSED when it is not in the map and all are closed
   */
  ofPrimary(target: NodeTarget): RemoteClient {
    const address = addressOf(target)
    const shard = this.#map?.shards.find(({ primary }) => primary && addressOf(primary) === address)
    const member = shard === undefined ? undefined : this.#members.get(shard.id)
    return member?.client ?? this.#stranger(address, target)
  }

  /** What there is to tell of them. */
  topology(): TopologySnapshot {
    const parts = (this.#map?.shards ?? []).map(({ id }) => this.#clientOf(id).topology())
    return clusterSnapshot(this.#map, parts)
  }

  async close(): Promise<void> {
    this.#stop()
    await Promise.all(this.all.map((client) => client.close()))
  }

  destroy(reason?: Error): void {
    this.#stop()
    for (const client of this.all) client.destroy(reason)
  }

  #clientOf(id: string): RemoteClient {
    return (this.#members.get(id) as Member).client
  }

  #add(id: string): void {
    const client = this.#make(this.#source.shard(id))
    const unsubscribe = client.onTopology((event) => this.#tell(this.#placed(event, id)))
    this.#members.set(id, { client, unsubscribe })
  }

  #placed(event: TopologyEvent, id: string): TopologyEvent {
    if (event.type !== 'primary-changed') return event
    return { ...event, shard: this.#map?.shards.findIndex((shard) => shard.id === id) ?? -1 }
  }

  #stranger(address: Address, target: NodeTarget): RemoteClient {
    if (this.#stopped) throw new ClosedError(this.#source.name)
    const client = this.#strangers.get(address) ?? this.#make(new StaticProvider(target, []))
    this.#strangers.set(address, client)
    return client
  }

  #drop(id: string, { client, unsubscribe }: Member): void {
    this.#members.delete(id)
    unsubscribe()
    this.#leave(client)
  }

  #dropStranger(address: Address, client: RemoteClient): void {
    this.#strangers.delete(address)
    this.#leave(client)
  }

  /** What is being routed to it at this moment still finds it open. */
  #leave(client: RemoteClient): void {
    const timer = setTimeout(() => void client.close().finally(() => this.#leaving.delete(client)), grace)
    timer.unref()
    this.#leaving.set(client, timer)
  }

  #stop(): void {
    this.#stopped = true
    for (const timer of this.#leaving.values()) clearTimeout(timer)
    for (const { unsubscribe } of this.#members.values()) unsubscribe()
  }
}

/** How long the client of a shard that is gone takes calls, in ms. */
const grace: Milliseconds = 5_000
