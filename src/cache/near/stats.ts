/**
 * Why many copies were dropped at once. `'connection'`: what announces changes was lost, or its server is silent ·
 * `'server'`: it was emptied, or got all of its data anew · `'slots'`: slots of a cluster have moved · `'writes'`: a
 * write of this process whose keys are not known.
 */
export type FlushCause = 'connection' | 'server' | 'slots' | 'writes'

/** What became of reads that a near cache may answer, since the cache was made. */
export interface NearStats {
  /** Reads of one key that were answered from memory. */
  readonly hits: number
  /** Reads of one key for which a server was asked. */
  readonly misses: number
  /** Keys whose copies were dropped because a server announced that they, or one of their tags, have changed. */
  readonly invalidations: number
  /** How often copies were dropped for another reason than a change of their key, by reason. */
  readonly flushes: Readonly<Record<FlushCause, number>>
  /** Keys that are held now. */
  readonly entries: number
  /** What they take in this process, by estimate. */
  readonly bytes: number
}

/** Counts flushes by their causes. */
export class FlushCounts {
  readonly #counts: Record<FlushCause, number> = { connection: 0, server: 0, slots: 0, writes: 0 }

  get all(): Readonly<Record<FlushCause, number>> {
    return { ...this.#counts }
  }

  add(cause: FlushCause): void {
    this.#counts[cause]++
  }
}
