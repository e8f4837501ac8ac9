import type { Codec } from '../../codec/codec.js'
import type { Milliseconds } from '../../units.js'
import type { LoadPolicy } from '../load-policy.js'
import type { Operation } from '../operation.js'
import type { LoadTags } from '../tags/load-tags.js'
import type { Replaces } from './outcome.js'
import type { WriteBatch } from './write-batch.js'

/** A value past its ttl that may still be served. */
export interface Stale {
  readonly value: unknown
  /** Decodes it once more. */
  readonly read: () => unknown
}

/** What a caller wants of a load. */
export interface LoadRequest {
  /** Who reports what becomes of the write back. */
  readonly operation: Operation
  readonly policy: LoadPolicy
  /** What the loaded value may take the place of. */
  readonly replaces: Replaces
  /** How long the value is kept, in ms; `undefined`: for ever. */
  readonly ttl: Milliseconds | undefined
  readonly share: boolean
  /** Decodes the value for a caller who joins the load. */
  readonly codec: Codec
  readonly waitForWrite: boolean
  /** `undefined` where there are no tags. */
  readonly tags: LoadTags | undefined
  readonly signal: AbortSignal | undefined
  /** The deadline that was given with the call, in ms. */
  readonly deadline: Milliseconds | undefined
  /** When that is over, on the loop clock. */
  readonly until: Milliseconds | undefined
  /** Takes the write back of a load that has no guard. @default the client itself */
  readonly writer?: WriteBatch | undefined
  /** Told of the wait for the load's turn among all processes. */
  readonly onEnter?: ((turn: Promise<unknown>) => void) | undefined
}
