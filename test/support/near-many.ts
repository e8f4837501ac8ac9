import type { NearStats } from '../../src/index.js'
import { messageOf, startChild } from './child.js'

/** What is to be read, and how much of it is held. */
export interface ManyKeys {
  readonly location: string
  /** How many keys are read, each once. */
  readonly keys: number
  readonly maxEntries: number
}

/** By how much the process has grown, which had read 20,000 others before. */
export interface ManyKeysOutcome {
  /** In bytes, of its heap and its buffers. */
  readonly heap: number
  /** In bytes, of all its memory. */
  readonly rss: number
  readonly stats: NearStats | undefined
}

/** Another process reads many keys through a near cache; resolves to what stays behind of them. */
export function readManyKeys(order: ManyKeys): Promise<ManyKeysOutcome> {
  return messageOf<ManyKeysOutcome>(startChild('near-many-child.ts', order))
}
