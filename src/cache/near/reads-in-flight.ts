/** The reads of one key that are under way, since something has happened to it last. */
interface KeyReads {
  /** How many are under way. */
  running: number
  /** How many have begun. */
  begun: number
  /** What those bring may be held that began as this one, or later. */
  validFrom: number
}

/**
 * A read of one key that is under way. What it brings may be held only if nothing has happened to the key since before
 * it was asked: a change that was announced, a write of our own, a connection that was lost.
 */
export class ReadInFlight {
  readonly key: string
  /** @internal Those of the same key. */
  readonly reads: KeyReads
  /** @internal Its place among them. */
  readonly place: number

  constructor(key: string, reads: KeyReads, place: number) {
    this.key = key
    this.reads = reads
    this.place = place
  }

  /** Whether what it brings may be held. */
  get valid(): boolean {
    return this.place >= this.reads.validFrom
  }
}

/**
 * The reads that are under way, each with a place of its own, so that an older one cannot pass for a newer one. What
 * has happened to a key is noted once for all of its reads, which are forgotten then: nothing looks at them twice.
 */
export class ReadsInFlight {
  readonly #byKey = new Map<string, KeyReads>()

  /** How many keys are being read. */
  get size(): number {
    return this.#byKey.size
  }

  /** Before the read is handed to the client. */
  begin(key: string): ReadInFlight {
    let reads = this.#byKey.get(key)
    if (reads === undefined) this.#byKey.set(key, (reads = { running: 0, begun: 0, validFrom: 0 }))
    reads.running++
    return new ReadInFlight(key, reads, reads.begun++)
  }

  /** What this read has brought is held: those of the key that were asked before it may be older. */
  keep({ reads, place }: ReadInFlight): void {
    reads.validFrom = Math.max(reads.validFrom, place)
  }

  /** When what it brought is held, or is not going to be. */
  end({ key, reads }: ReadInFlight): void {
    if (--reads.running === 0 && this.#byKey.get(key) === reads) this.#byKey.delete(key)
  }

  /** Something has happened to a key. */
  invalidate(key: string): void {
    const reads = this.#byKey.get(key)
    if (reads === undefined) return
    reads.validFrom = Infinity
    this.#byKey.delete(key)
  }

  /** Something has happened to all keys for which `affects` is true. */
  invalidateWhere(affects: (key: string) => boolean): void {
    for (const key of this.#byKey.keys()) if (affects(key)) this.invalidate(key)
  }
}
