/**
 * A read of one key that is under way. What it brings may be held only if nothing has happened to the key since before it
 * was asked: a change that was announced, a write of our own, a connection that was lost.
 */
export class ReadInFlight {
  readonly key: string
  /** Whether what it brings may be held. */
  valid = true
  /** @internal The one of the same key that began before. */
  next: ReadInFlight | undefined

  constructor(key: string, next: ReadInFlight | undefined) {
    this.key = key
    this.next = next
  }
}

/** The reads that are under way, each with a mark of its own, so that an older one cannot pass for a newer one. */
export class ReadsInFlight {
  readonly #byKey = new Map<string, ReadInFlight>()

  /** How many keys are being read. */
  get size(): number {
    return this.#byKey.size
  }

  /** Before the read is handed to the client. */
  begin(key: string): ReadInFlight {
    const read = new ReadInFlight(key, this.#byKey.get(key))
    this.#byKey.set(key, read)
    return read
  }

  /** What this read has brought is held: those of the key that were asked before it may be older. */
  keep(read: ReadInFlight): void {
    for (let older = read.next; older !== undefined; older = older.next) older.valid = false
  }

  /** When what it brought is held, or is not going to be. */
  end(read: ReadInFlight): void {
    const first = this.#byKey.get(read.key)
    const rest = first && without(first, read)
    if (rest === undefined) this.#byKey.delete(read.key)
    else this.#byKey.set(read.key, rest)
  }

  /** Something has happened to a key. */
  invalidate(key: string): void {
    for (let read = this.#byKey.get(key); read !== undefined; read = read.next) read.valid = false
  }

  /** Something has happened to all keys for which `affects` is true. */
  invalidateWhere(affects: (key: string) => boolean): void {
    for (const key of this.#byKey.keys()) if (affects(key)) this.invalidate(key)
  }
}

function without(first: ReadInFlight, gone: ReadInFlight): ReadInFlight | undefined {
  if (first === gone) return first.next
  for (let read = first; read.next !== undefined; read = read.next)
    if (read.next === gone) {
      read.next = gone.next
      break
    }
  return first
}
