import type { Codec } from '../../codec/codec.js'
import type { MemoryCopies } from './memory-copies.js'
import { MemoryNear, type MemoryNearParts } from './memory-near.js'
import { NearStore } from './near-store.js'
import type { CloneMode } from './options.js'
import type { Near } from './reads.js'
import type { NearStats } from './stats.js'
import { ServerNear, type NearParts } from './server-near.js'

/** What a cache and its views have of a near cache in common. */
export interface NearPart {
  /** What is held of the values of servers, or of those of `memory://`, which are in this process anyway. */
  readonly store: NearStore | MemoryCopies
  /** The codec that makes values of what is stored; a memo has that of its cache. */
  readonly codec: Codec
  readonly clone: CloneMode
  /** Makes what a view of the cache reads through. @default what answers the reads of the cache */
  readonly viewOf?: ((near: Near) => Near) | undefined
}

/** Makes what answers the reads of a cache from memory. */
export function nearOf(
  { store, codec, clone, viewOf }: NearPart,
  parts: Omit<MemoryNearParts & NearParts, keyof NearPart | 'copies'>,
): Near {
  const near =
    store instanceof NearStore
      ? new ServerNear({ ...parts, codec, store })
      : new MemoryNear({ ...parts, codec, clone, copies: store })
  return viewOf === undefined ? near : viewOf(near)
}

/** What became of reads; `undefined` where no server is spared any. */
export function statsOf(near: NearPart | undefined): NearStats | undefined {
  return near?.store instanceof NearStore ? near.store.stats : undefined
}
