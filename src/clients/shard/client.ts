import type { ErrorReply, Reply } from '../../connection/connection.js'
import { ClosedError, UnsupportedError } from '../../errors.js'
import type { TopologyEvent } from '../../topology/events.js'
import type { Milliseconds } from '../../units.js'
import type { CallOptions, Client, LeaseOptions, TimeSource, TopologySnapshot, TrackingListener } from '../client.js'
import type { Call, Intent } from '../command.js'
import type { ScanFrom } from '../commands/scan.js'
import type { OwnConnection } from '../own-connection.js'
import { refuse, type RemoteClient } from '../remote.js'
import { Batches } from '../sharded/batches.js'
import { ShardedLeases } from '../sharded/leases.js'
import { scanAll } from '../sharded/scan-in-turn.js'
import { joinedSnapshot } from '../sharded/snapshot.js'
import { executeOnAll, keysOf, wayOf, type Placing } from '../sharded/way.js'
import type { ChannelListener, Subscription } from '../subscriptions.js'
import { placingBy } from './placing.js'
import { HashRing } from './ring.js'

export interface ShardClientOptions {
  /** The texts that name the shards on the ring, in the order of their clients. */
  readonly nodes: readonly string[]
  /** The key by which a key is placed: of a helper key the one beside which it stands, so that both have one server. */
  readonly homeOf: (key: string) => string
  readonly readDeadline: Milliseconds
  readonly writeDeadline: Milliseconds
}

/**
 * Commands on several servers, or Sentinel services, that know nothing of each other: consistent hashing says which has a key.
 * Each shard is a client as it would be alone, so a shard in trouble fails its own keys and no others.
 */
export class ShardClient implements Client {
  readonly #name: string
  readonly #shards: readonly RemoteClient[]
  readonly #options: ShardClientOptions
  readonly #ring: HashRing
  readonly #placing: Placing<string>
  readonly #batches: Batches<RemoteClient>
  readonly #leases: ShardedLeases
  #closed = false

  /** @param shards their clients, which end with this one */
  constructor(shards: readonly RemoteClient[], options: ShardClientOptions) {
    this.#name = shards.map(({ name }) => name).join(', ')
    this.#shards = shards
    this.#options = options
    this.#ring = new HashRing(options.nodes)
    this.#placing = placingBy(options.homeOf)
    this.#batches = new Batches({
      name: this.#name,
      placing: this.#placing,
      groupOf: (key) => this.shardOf(key),
      shardFor: (call) => this.#shardOfAll(call),
      execute: (call, wanted) => this.execute(call, wanted),
      send: (shard, calls, wanted) => shard.batch(calls, wanted),
    })
    this.#leases = new ShardedLeases({
      shardFor: async (key) => this.#shardForLease(key),
      placing: this.#placing,
      timeFor: (intent, { deadline }) => deadline ?? options[intent === 'read' ? 'readDeadline' : 'writeDeadline'],
    })
  }

  /** Hot path: a call of one key goes to its shard at once. */
  execute<Out>(call: Call<Out>, options: CallOptions = noOptions): Promise<Out> {
    if (this.#closed) return refuse(new ClosedError(this.#name))
    const { keys } = call
    const shard = keys.length === 1 ? this.#at(keys[0] as string, options) : this.#given(options)
    return shard === undefined ? this.#executeAnywhere(call, options) : shard.execute(call, options)
  }

  batch(calls: readonly Call<unknown>[], options: CallOptions = noOptions): Promise<readonly (Reply | ErrorReply)[]> {
    if (this.#closed) return refuse(new ClosedError(this.#name))
    return this.#given(options)?.batch(calls, options) ?? this.#batches.run(calls, options)
  }

  scan<Item>(stepAt: ScanFrom<Item>, options: CallOptions = noOptions): AsyncIterable<readonly Item[]> {
    const [key] = stepAt('0').keys
    const shard = key === undefined ? this.#given(options) : this.#at(key, options)
    return shard === undefined ? scanAll(this.#shards, stepAt, options) : shard.scan(stepAt, options)
  }

  lease<Out>(
    intent: Intent,
    work: (connection: OwnConnection) => Out | Promise<Out>,
    options: LeaseOptions = noOptions,
  ): Promise<Out> {
    if (this.#closed) return refuse(new ClosedError(this.#name))
    return this.#leases.run(intent, work, options)
  }

  serverTime(key: string, clock?: TimeSource): Milliseconds | undefined {
    return this.shardOf(key).serverTime(key, clock)
  }

  subscribe(channel: string, listener: ChannelListener, options: CallOptions = noOptions): Promise<Subscription> {
    return this.shardOf(channel).subscribe(channel, listener, options)
  }

  isUsable(key: string): boolean {
    return this.shardOf(key).isUsable()
  }

  onUsable(listener: () => void): () => void {
    return this.#onAll((shard) => shard.onUsable(listener))
  }

  shardOf(key: string): RemoteClient {
    return this.#shards[this.#ring.shardOf(this.#options.homeOf(key))] as RemoteClient
  }

  shards(): readonly RemoteClient[] {
    return this.#shards
  }

  wrote(keys: readonly string[]): void {
    for (const key of keys) this.shardOf(key).wrote([key])
  }

  track(listener: TrackingListener): () => void {
    return this.#onAll((shard) => shard.track(listener))
  }

  topology(): TopologySnapshot {
    return joinedSnapshot(this.#shards.map((shard) => shard.topology()))
  }

  onTopology(listener: (event: TopologyEvent) => void): () => void {
    return this.#onAll((shard, index) =>
      shard.onTopology((event) => listener(event.type === 'primary-changed' ? { ...event, shard: index } : event)),
    )
  }

  async close(): Promise<void> {
    this.#closed = true
    await this.#leases.settled()
    await Promise.all(this.#shards.map((shard) => shard.close()))
  }

  destroy(reason?: Error): void {
    this.#closed = true
    this.#leases.end(new ClosedError(this.#name, { cause: reason }))
    for (const shard of this.#shards) shard.destroy(reason)
  }

  #executeAnywhere<Out>(call: Call<Out>, options: CallOptions): Promise<Out> {
    const way = wayOf(call, this.#placing)
    switch (way.to) {
      case 'place':
        return this.#placed(way.place).execute(call, options)
      case 'parts':
        return this.#batches.divided(call, way.divide, options).then((reply) => call.reply(reply))
      case 'all':
        return executeOnAll(this.#shards, call, options)
      case 'any':
        return call.name.includes('.') ? refuse(unknownKeys(call)) : this.#anyShard().execute(call, options)
      case 'none':
        return refuse(way.why)
    }
  }

  #at(key: string, options: CallOptions): RemoteClient {
    return this.#given(options) ?? this.shardOf(key)
  }

  #given({ shard }: CallOptions): RemoteClient | undefined {
    return shard === undefined ? undefined : (shard as RemoteClient)
  }

  /** The keys of a call that can be divided are those of one shard, for it was divided where they were not. */
  #shardOfAll(call: Call<unknown>): RemoteClient | undefined {
    const keys = keysOf(call)
    if (call.divide !== undefined) return this.shardOf(keys[0] as string)
    const place = this.#placing.commonOf(keys)
    return place === undefined ? undefined : this.#placed(place)
  }

  /** What is hashed of a key is hashed as a whole itself. */
  #placed(place: string): RemoteClient {
    return this.#shards[this.#ring.shardOf(place)] as RemoteClient
  }

  /** One that can be used, if any can. */
  #anyShard(): RemoteClient {
    return this.#shards.find((shard) => shard.isUsable()) ?? (this.#shards[0] as RemoteClient)
  }

  #shardForLease(key: string | undefined): RemoteClient {
    if (key !== undefined) return this.shardOf(key)
    throw new UnsupportedError(
      "use: which of several servers is meant? Name a key that is its own: use(work, { key: 'k' }).",
    )
  }

  #onAll(listen: (shard: RemoteClient, index: number) => () => void): () => void {
    const stops = this.#shards.map(listen)
    return () => stops.forEach((stop) => stop())
  }
}

/** Commands of modules have a point in their names, and no table here says which of their arguments are keys. */
function unknownKeys({ name }: Call<unknown>): UnsupportedError {
  return new UnsupportedError(
    `${name}: which arguments are keys is not known here, so neither is the server. Say it: { key: 1 }, or use cache.use().`,
  )
}

const noOptions: CallOptions = {}
