import type { ErrorReply, Reply } from '../connection/connection.js'
import type { ReadFrom } from '../topology/read-from.js'
import type { TopologyEvent } from '../topology/topology.js'
import type { Milliseconds } from '../units.js'
import type { Call } from './command.js'

/** What one call may ask for. */
export interface CallOptions {
  /** Everything it may take, in ms. @default the client's */
  readonly deadline?: Milliseconds | undefined
  /** Rejects with its reason. */
  readonly signal?: AbortSignal | undefined
  /** Which role answers a read. @default the client's */
  readonly readFrom?: ReadFrom | undefined
}

/** The servers as a cache sees them now. */
export interface TopologySnapshot {
  /** `'suspect'`: the primary cannot be used; `'none'`: nothing is known yet. */
  readonly state: 'steady' | 'suspect' | 'none'
  readonly primary: string | undefined
  readonly replicas: readonly string[]
  readonly sentinels: readonly string[]
  readonly epoch: number
}

/** Commands on keys and bytes. Clients differ in where a command goes, and in nothing else. */
export interface Client {
  execute<Out>(call: Call<Out>, options?: CallOptions): Promise<Out>
  /** Runs calls in one trip; what the server refused stands in the result as an {@link ErrorReply}. */
  batch(calls: readonly Call<unknown>[], options?: CallOptions): Promise<readonly (Reply | ErrorReply)[]>
  topology(): TopologySnapshot
  onTopology(listener: (event: TopologyEvent) => void): () => void
  /** Takes no more calls, finishes what runs. */
  close(): Promise<void>
  /** Stops now; what runs rejects. */
  destroy(reason?: Error): void
}

/** Makes a client: the seam for your own. `name` is the cache's name. */
export type ClientFactory = (context: { readonly name: string }) => Client
