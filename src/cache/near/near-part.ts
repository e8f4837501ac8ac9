import type { Codec } from '../../codec/codec.js'
import { MemoryNear, type MemoryNearParts } from './memory-near.js'
import type { NearStore } from './near-store.js'
import type { CloneMode } from './options.js'
import type { Near } from './reads.js'
import { ServerNear, type NearParts } from './server-near.js'

/** What a cache and its views have of a near cache in common. */
export interface NearPart {
  /** `undefined` in a cache of `memory://`, which has its values in this process anyway. */
  readonly store: NearStore | undefined
  /** The codec that makes values of what is stored; a memo has that of its cache. */
  readonly codec: Codec
  readonly clone: CloneMode
}

/** Makes what answers the reads of a cache from memory. */
export function nearOf(
  { store, codec, clone }: NearPart,
  parts: Omit<MemoryNearParts & NearParts, keyof NearPart>,
): Near {
  return store === undefined ? new MemoryNear({ ...parts, codec, clone }) : new ServerNear({ ...parts, codec, store })
}
