import type { Address, ErrorReply, Reply, Role } from '../connection/connection.js'
import type { NodeState } from '../connection/node.js'
import type { ReadFrom } from '../topology/read-from.js'
import type { TopologyEvent } from '../topology/events.js'
import type { Milliseconds } from '../units.js'
import type { Call, Intent } from './command.js'
import type { ScanFrom } from './commands/scan.js'
import type { OwnConnection } from './own-connection.js'
import type { ChannelListener, Subscription } from './subscriptions.js'

/** What one call may ask for. */
export interface CallOptions {
  /** Everything it may take, in ms. @default the client's */
  readonly deadline?: Milliseconds | undefined
  /** How long a node may be silent before a read is also asked of another one, in ms. @default the client's */
  readonly attemptTimeout?: Milliseconds | undefined
  /** Rejects with its reason. @default none */
  readonly signal?: AbortSignal | undefined
  /** Which role answers a read. @default the client's */
  readonly readFrom?: ReadFrom | undefined
  /**
   * Where a batch notes which connection answered each of its calls; a call that was refused, or that went another way,
   * such as one that a cluster redirected, is not noted. @default nowhere
   */
  readonly sources?: ReplySources | undefined
  /** The shard that is asked, whichever the keys belong to: one that {@link Client.shards} gives. @default that of the keys */
  readonly shard?: unknown
}

/** The connection that answered a call: what the server announces of the call's keys comes by it as well. */
export interface ReplySource {
  readonly address: Address
  /** Counts the connections of this process. */
  readonly generation: number
}

/** Which connection answered each call of a batch. */
export type ReplySources = Map<Call<unknown>, ReplySource>

/** Hears what servers announce of the keys that the connections of a client track. */
export interface TrackingListener {
  /** These keys have changed on a server, or `'all'` of its keys. */
  invalidated(keys: readonly string[] | 'all', address: Address): void
  /**
   * A connection to the server was lost, or the server is silent, or is not read any more: what was read from it, by any
   * connection, may have changed without being announced.
   */
  lost(address: Address): void
  /** These slots have left the server that announced their keys. */
  moved(slots: ReadonlySet<number>): void
}

/** A value that is kept in this process. */
export interface LocalEntry {
  /** When it ends, in ms since 1970; `undefined`: never. */
  readonly expiresAt: Milliseconds | undefined
}

/** What work on a connection of its own may ask for. */
export interface LeaseOptions extends CallOptions {
  /** The keys that the work writes, as far as they are known. @default all */
  readonly keys?: readonly string[] | undefined
}

/** The servers as a cache sees them now. */
export interface TopologySnapshot {
  /** `'suspect'`: the primary cannot be used; `'failing-over'`: it is being replaced; `'none'`: nothing is known yet. */
  readonly state: 'steady' | 'suspect' | 'failing-over' | 'none'
  /** `undefined` when there are several, or none is known. */
  readonly primary: string | undefined
  /** The replica that is to replace the primary. */
  readonly candidate: string | undefined
  readonly replicas: readonly string[]
  /** Those that answer. */
  readonly sentinels: readonly string[]
  readonly epoch: number
  /** Whether the primary proved itself and was not announced by the sentinels yet. */
  readonly provisional: boolean
  /** The nodes that are in use. */
  readonly nodes: readonly NodeSnapshot[]
  /** One, unless the client is one of several primaries. */
  readonly shards: readonly ShardSnapshot[]
}

/** A primary and its replicas, and in a cluster the slots that they serve. */
export interface ShardSnapshot {
  readonly primary: string | undefined
  readonly replicas: readonly string[]
  /** Ranges of slots, first and last included; none where there are no slots. */
  readonly slots: readonly (readonly [from: number, to: number])[]
  readonly state: TopologySnapshot['state']
}

/** A node as we see it. */
export interface NodeSnapshot {
  readonly address: string
  readonly role: Role
  /** `'stalled'`: connected, and no reply in time; `'down'`: not connected. */
  readonly state: NodeState
  /** Commands that wait for their replies. */
  readonly pending: number
  /** A round trip in ms, on average; `undefined` while that is not known. */
  readonly rtt: Milliseconds | undefined
  /** How far a replica is behind its primary, in ms; `undefined` while that is not known. */
  readonly lag: Milliseconds | undefined
  /** Its availability zone; `undefined` where it has none, or does not tell it. */
  readonly zone: string | undefined
}

/** What there is to say where nothing is known, or nothing can change. */
export const plainTopology: TopologySnapshot = Object.freeze({
  state: 'steady',
  primary: undefined,
  candidate: undefined,
  replicas: [],
  sentinels: [],
  epoch: 0,
  provisional: false,
  nodes: [],
  shards: Object.freeze([Object.freeze({ primary: undefined, replicas: [], slots: [], state: 'steady' as const })]),
})

/** Whose clock tells the time of a key. */
export type TimeSource = 'primary' | 'any'

/** Commands on keys and bytes. Clients differ in where a command goes, and in nothing else. */
export interface Client {
  /** Runs one call. */
  execute<Out>(call: Call<Out>, options?: CallOptions): Promise<Out>
  /** Runs calls in one trip; what the server refused stands in the result as an {@link ErrorReply}. */
  batch(calls: readonly Call<unknown>[], options?: CallOptions): Promise<readonly (Reply | ErrorReply)[]>
  /**
   * Every page of a scan. A cursor means something on its own server only: where another has to go on, it begins again,
   * so an item may come twice; none that is there all the time is left out. Each step has its own deadline.
   */
  scan<Item>(from: ScanFrom<Item>, options?: CallOptions): AsyncIterable<readonly Item[]>
  /**
   * Runs work on a connection of its own to a server that may serve the intent; ends it afterwards. The deadline is for
   * the connection, and for each command on it.
   */
  lease<Out>(
    intent: Intent,
    work: (connection: OwnConnection) => Out | Promise<Out>,
    options?: LeaseOptions,
  ): Promise<Out>
  /**
   * What time it is now on the clock of the server that has a key, the primary's, in ms since 1970; `undefined` while that
   * is not known. Costs nothing. Without it the server is asked each time.
   * @param clock `'any'`: a replica's will do where the primary's is not known. @default 'primary'
   */
  serverTime?(key: string, clock?: TimeSource): Milliseconds | undefined
  /**
   * Listens to a shard channel at the primary that serves the slot of its name; resolves when that server has confirmed
   * it. All channels of one server share one connection. Without it nobody can be woken by others.
   */
  subscribe?(channel: string, listener: ChannelListener, options?: CallOptions): Promise<Subscription>
  /**
   * Whether the primary that has a key is connected and answers; costs nothing. Without it, what is kept in an outage is
   * tried after pauses.
   */
  isUsable?(key: string): boolean
  /** What stands for the servers that have a key: the same for keys that fail together. Without it, all keys do. */
  shardOf?(key: string): unknown
  /**
   * What stands for each of its shards, where they may have keys that belong to others, such as those of before a shard was
   * added: what concerns all keys is asked of each by {@link CallOptions.shard}, so that those are found as well. Without it,
   * or where it gives none, a key is where calls of it go.
   */
  shards?(): readonly unknown[]
  /** Takes note that another client has written these keys: they are read as after a write of its own. */
  wrote?(keys: readonly string[]): void
  /** Calls the listener each time a primary can be used that could not be used before; returns the function that stops it. */
  onUsable?(listener: () => void): () => void
  /**
   * Listens to what servers announce of keys that changed, on connections that track them; returns the function that
   * stops it. Without it there can be no near cache.
   */
  track?(listener: TrackingListener): () => void
  /**
   * The entry of a key whose value is in this process, at once; `undefined` where none is. It is another object once the
   * value or its expiry has changed. Without it values are elsewhere.
   */
  peek?(key: string): LocalEntry | undefined
  /** The servers as it sees them now; costs nothing. */
  topology(): TopologySnapshot
  /** Listens to changes of the topology; returns the function that stops it. */
  onTopology(listener: (event: TopologyEvent) => void): () => void
  /** Takes no more calls, finishes what runs. */
  close(): Promise<void>
  /** Stops now; what runs rejects. */
  destroy(reason?: Error): void
}

/** Makes a client: the seam for your own. `name` is the cache's name. */
export type ClientFactory = (context: { readonly name: string }) => Client
