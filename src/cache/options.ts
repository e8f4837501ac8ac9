import type { ReadFrom } from '../topology/read-from.js'
import type { Duration } from '../units.js'
import type { Ttl } from './ttl.js'

/** What every call may ask for. */
export interface CallOptions {
  /** Part of the key; a whole number from 0. @default the cache's */
  readonly version?: number | undefined
  /** Everything the call may take, in ms or as a literal. @default the cache's readDeadline or writeDeadline */
  readonly deadline?: Duration | undefined
  /** Rejects with its reason. A write that was sent may still have run. @default none */
  readonly signal?: AbortSignal | undefined
}

export interface ReadOptions extends CallOptions {
  /** Which role answers. @default the cache's */
  readonly readFrom?: ReadFrom | undefined
}

export interface TtlOptions extends CallOptions {
  /** How long the value is kept, in ms or as a literal; `null` is for ever, 0 or less is not at all. @default the cache's */
  readonly ttl?: Ttl | undefined
}

export interface SetOptions extends TtlOptions {
  /** Only when the key is absent. @default false */
  readonly nx?: boolean | undefined
  /** Only when the key is there. @default false */
  readonly xx?: boolean | undefined
}

export interface IncrementOptions extends CallOptions {
  /** Start from 0, without expiry, when the key is absent. @default false */
  readonly create?: boolean | undefined
}

/** Makes a missing value. The signal aborts when nobody waits for it any more. */
export type Loader<T> = (context: { readonly signal: AbortSignal }) => T | Promise<T>
