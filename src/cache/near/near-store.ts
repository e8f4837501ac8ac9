import { LRUCache } from 'lru-cache'
import type { TrackingListener } from '../../clients/client.js'
import type { Codec } from '../../codec/codec.js'
import { slotOf } from '../../keys/slot.js'
import type { Address } from '../../connection/connection.js'
import type { Milliseconds } from '../../units.js'
import { bytesOfAll, copyOf, withOthers, type Copy } from './copy.js'
import { NameIndex } from './name-index.js'
import type { NearLimits } from './options.js'
import { ReadsInFlight, type ReadInFlight } from './reads-in-flight.js'
import { FlushCounts, type FlushCause, type NearStats } from './stats.js'

/**
 * The values that a cache and its typed caches hold in this process. What the servers announce, what is written here,
 * and each loss of what announces drops copies and marks reads that are under way, so that nothing is held that may be
 * old.
 * Shape: a bounded map from keys to copies; a key of the cache's own version is named as its users name it, so that a
 * hit need not make the server's key.
 */
export class NearStore implements TrackingListener {
  readonly limits: NearLimits
  readonly #start: string | undefined
  readonly #copies: LRUCache<string, Copy>
  /** The copies of each key of a tag. */
  readonly #tagged = new NameIndex<string>()
  /**
   * The copies whose keys, or whose tags' keys, lie in each slot; `undefined` until slots have moved for the first
   * time.
   */
  #slotted: NameIndex<number> | undefined
  readonly #reads = new ReadsInFlight()
  readonly #flushes = new FlushCounts()
  #hits = 0
  #misses = 0
  #invalidations = 0

  /**
   * @param start what the servers' keys of the cache's own version begin with; `undefined`: they are made by a function
   */
  constructor(limits: NearLimits, start: string | undefined) {
    const { maxEntries, maxBytes } = limits
    this.limits = limits
    this.#start = start
    this.#copies = new LRUCache({
      max: maxEntries,
      maxSize: maxBytes,
      maxEntrySize: maxBytes,
      dispose: (copy, name) => this.#index('remove', name, copy),
    })
  }

  get stats(): NearStats {
    return {
      hits: this.#hits,
      misses: this.#misses,
      invalidations: this.#invalidations,
      flushes: this.#flushes.all,
      entries: this.#copies.size,
      bytes: this.#copies.calculatedSize,
    }
  }

  /**
   * The copy of a key that is given as users give it, of the cache's own version; `undefined` when none may be served.
   * Hot path: no key is made.
   */
  findOwn(key: string, codec: Codec, now: Milliseconds): Copy | undefined {
    if (this.#start === undefined) return undefined
    const copy = this.#servable(this.#copies.get(key), codec, now)
    // A name of another kind is no key that a user may give.
    return this.#counted(copy, copy?.key.length === this.#start.length + key.length)
  }

  /** The copy of a key that is given as the server knows it; `undefined` when none may be served. */
  find(made: string, codec: Codec, now: Milliseconds): Copy | undefined {
    return this.#counted(this.#servable(this.#copies.get(this.#nameOf(made)), codec, now))
  }

  /** As {@link find}, of a key that has a value. */
  findValue(made: string, codec: Codec, now: Milliseconds): Copy | undefined {
    const copy = this.#servable(this.#copies.get(this.#nameOf(made)), codec, now)
    return this.#counted(copy, copy?.missing === false)
  }

  /** Whether a copy that was found is held still, and may be served; counts nothing. */
  holds(copy: Copy, now: Milliseconds): boolean {
    return this.#servable(this.#copies.peek(this.#nameOf(copy.key)), copy.codec, now) === copy
  }

  /** Notes that a key has to be read, before the client is asked. */
  begin(made: string): ReadInFlight {
    this.#misses++
    return this.#reads.begin(made)
  }

  /** Notes that a key is looked at of which nothing is held, such as that of a tag, before the client is asked. */
  watch(key: string): ReadInFlight {
    return this.#reads.begin(key)
  }

  /** The read is over, whatever came of it. */
  end(read: ReadInFlight): void {
    this.#reads.end(read)
  }

  /** Holds what a read has brought, unless something has happened to the key since it began. */
  keep(read: ReadInFlight, copy: Copy): void {
    if (!read.valid) return
    this.#reads.keep(read)
    const name = this.#nameOf(copy.key)
    const before = this.#copies.peek(name)
    if (before !== undefined) this.#index('remove', name, before)
    this.#copies.set(name, withOthers(copy, before), { size: bytesOfAll(copy) })
    if (this.#copies.peek(name) === copy) this.#index('add', name, copy)
  }

  invalidated(keys: readonly string[] | 'all', address: Address): void {
    if (keys === 'all') return this.#flush('server', address)
    for (const key of keys) this.#invalidations += this.#drop(key)
  }

  /**
   * Whichever of several connections is lost: each brings the announcements of all, and one alone is watched for silence,
   * so the others may have been dead for as long.
   */
  lost(address: Address): void {
    this.#flush('connection', address)
  }

  /**
   * Where slots move, many of them do, and each of many replies says so: copies are found by their slots from then on.
   */
  moved(slots: ReadonlySet<number>): void {
    this.#reads.invalidateWhere(() => true)
    const slotted = (this.#slotted ??= this.#listBySlots())
    this.#deleteAll(
      'slots',
      [...slots].flatMap((slot) => slotted.of(slot)),
    )
  }

  /** These keys are about to be written, or were. */
  onWrite(keys: readonly string[]): void {
    for (const key of keys) this.#drop(key)
  }

  /** Every key may be written, or was, for which `affects` is true. */
  onWriteWhere(affects: (key: string) => boolean): void {
    this.#reads.invalidateWhere(affects)
    this.#deleteWhere('writes', ({ key, tagKeys }) => affects(key) || tagKeys.some(affects))
  }

  /** Drops everything, as at the end of the cache. */
  clear(): void {
    this.#reads.invalidateWhere(() => true)
    this.#copies.clear()
  }

  #servable(first: Copy | undefined, codec: Codec, now: Milliseconds): Copy | undefined {
    const copy = copyOf(first, codec)
    return copy !== undefined && now < copy.until ? copy : undefined
  }

  /** Counts a hit where a copy is served. */
  #counted(copy: Copy | undefined, isServed = true): Copy | undefined {
    if (copy === undefined || !isServed) return undefined
    this.#hits++
    return copy
  }

  /** Drops what a key or a tag of this key holds; returns how many keys were held. */
  #drop(made: string): number {
    this.#reads.invalidate(made)
    const before = this.#copies.size
    for (const name of this.#tagged.of(made)) this.#copies.delete(name)
    this.#copies.delete(this.#nameOf(made))
    return before - this.#copies.size
  }

  /** Adds a name to the indexes by tag and by slot, or removes it from them. */
  #index(change: 'add' | 'remove', name: string, first: Copy): void {
    if (this.#isFoundByNameAlone(first)) return
    for (const key of tagKeysOf(first)) this.#tagged[change](key, name)
    if (this.#slotted !== undefined) for (const slot of slotsOf(first)) this.#slotted[change](slot, name)
  }

  /** Most copies are: one of its key, without tags, where no slots have moved. */
  #isFoundByNameAlone({ next, tagKeys }: Copy): boolean {
    return this.#slotted === undefined && next === undefined && tagKeys.length === 0
  }

  #listBySlots(): NameIndex<number> {
    const slotted = new NameIndex<number>()
    for (const [name, first] of this.#copies.entries()) for (const slot of slotsOf(first)) slotted.add(slot, name)
    return slotted
  }

  /** Which node answers a read is known when it has answered: all that are under way may be of one that was lost. */
  #flush(cause: FlushCause, address: Address): void {
    this.#reads.invalidateWhere(() => true)
    this.#deleteWhere(cause, (copy) => copy.tagKeys.length > 0 || copy.source?.address === address)
  }

  #deleteWhere(cause: FlushCause, concerns: (copy: Copy) => boolean): void {
    const names: string[] = []
    for (const [name, first] of this.#copies.entries())
      for (let copy: Copy | undefined = first; copy !== undefined; copy = copy.next)
        if (concerns(copy)) names.push(name)
    this.#deleteAll(cause, names)
  }

  #deleteAll(cause: FlushCause, names: readonly string[]): void {
    for (const name of names) this.#copies.delete(name)
    if (names.length > 0) this.#flushes.add(cause)
  }

  /** What a copy is found by. Half a surrogate pair, which no key has, tells the server's keys from those of users. */
  #nameOf(made: string): string {
    const start = this.#start
    return start !== undefined && made.startsWith(start) ? made.slice(start.length) : `\uD800${made}`
  }
}

function* tagKeysOf(first: Copy): Iterable<string> {
  for (let copy: Copy | undefined = first; copy !== undefined; copy = copy.next) yield* copy.tagKeys
}

/** The slots of its key and of its tags' keys; all copies of one name are of one key. */
function slotsOf(first: Copy): ReadonlySet<number> {
  return new Set([first.key, ...tagKeysOf(first)].map(slotOf))
}
