import { LRUCache } from 'lru-cache'
import type { Clock, Milliseconds } from '../../units.js'
import type { Binary } from './binary.js'
import { Fields, Members } from './collections.js'
import { outOfMemory, wrongType } from './refusal.js'
import { SortedSet } from './sorted-set.js'

/** What a key may hold, by the name that TYPE gives it. */
export interface Kinds {
  readonly string: Binary
  readonly set: Members
  readonly hash: Fields
  readonly zset: SortedSet
}

export type Kind = keyof Kinds
type Collection = Exclude<Kind, 'string'>

/** What stands under one key; never changed but for the collection in it, which counts its own bytes. */
export interface Entry {
  readonly value: Kinds[Kind]
  /** Ms since 1970; `undefined`: never. */
  readonly expiresAt: Milliseconds | undefined
}

/** How much is kept; the least recently used goes first. */
export interface Bounds {
  /** @default 100_000 */
  readonly entries: number
  /** Of keys, values and what keeping them takes. @default 64 MiB */
  readonly bytes: number
}

/** Keys and what they hold, bounded. A key that is over is gone for everybody who asks. */
export class Keyspace {
  readonly #entries: LRUCache<Binary, Entry>
  /** What is never evicted: locks, which would be held by two. */
  readonly #kept = new Map<Binary, Entry>()
  /** Every key with the number of its creation, in that order: the order of a scan, that reading does not change. */
  readonly #order = new Map<Binary, number>()
  readonly #bounds: Bounds
  readonly #clock: Clock
  #created = 0
  #now: Milliseconds = 0

  constructor(bounds: Bounds, clock: Clock) {
    this.#bounds = bounds
    this.#clock = clock
    this.#entries = new LRUCache({
      maxSize: bounds.bytes,
      sizeCalculation: ({ value }, key) => sizeOf(key, value),
      dispose: (_, key, why) => why !== 'set' && this.#order.delete(key),
    })
  }

  /** Ms since 1970, the same for all that one command does. */
  get now(): Milliseconds {
    return this.#now
  }

  /** A command begins. */
  tick(): void {
    this.#now = this.#clock.now()
  }

  get size(): number {
    for (const key of this.#order.keys()) this.#drop(key)
    return this.#order.size
  }

  find(key: Binary): Entry | undefined {
    this.#drop(key)
    return this.#kept.get(key) ?? this.#entries.get(key)
  }

  has(key: Binary): boolean {
    return this.find(key) !== undefined
  }

  /** @throws {Refusal} WRONGTYPE when it is something else */
  get<K extends Kind>(key: Binary, kind: K): Kinds[K] | undefined {
    const value = this.find(key)?.value
    if (value === undefined) return undefined
    if (kindOf(value) !== kind) throw wrongType()
    return value as Kinds[K]
  }

  /** @throws {Refusal} OOM when there would be no room for it even alone */
  admit(key: Binary, value: Kinds[Kind], more = 0): void {
    if (sizeOf(key, value) + more > this.#bounds.bytes) throw outOfMemory()
  }

  /** Replaces whatever is there; what is `kept` is not evicted. */
  put(key: Binary, value: Kinds[Kind], expiresAt?: Milliseconds, kept = false): void {
    this.admit(key, value)
    if (!this.#order.has(key)) this.#order.set(key, ++this.#created)
    if (kept) return void this.#kept.set(key, { value, expiresAt })
    this.#kept.delete(key)
    this.#entries.set(key, { value, expiresAt })
    while (this.#entries.size > this.#bounds.entries) this.#entries.pop()
  }

  /**
   * Changes a collection, which is made when it is not there and goes when nothing is left in it.
   * @param added what may come into it
   */
  change<K extends Collection, T>(key: Binary, kind: K, added: readonly Binary[], work: (value: Kinds[K]) => T): T {
    const value = this.get(key, kind) ?? empty[kind]()
    this.admit(key, value, growth(added))
    const outcome = work(value)
    if (value.size > 0) this.put(key, value, this.find(key)?.expiresAt)
    else this.delete(key)
    return outcome
  }

  delete(key: Binary): boolean {
    this.#drop(key)
    return this.#remove(key)
  }

  expire(key: Binary, expiresAt: Milliseconds | undefined): void {
    const entry = this.find(key)
    if (entry !== undefined) this.put(key, entry.value, expiresAt, this.#kept.has(key))
  }

  /** Keys in the order of their creation, from a number on. */
  *keys(from = 0): Iterable<readonly [key: Binary, created: number]> {
    for (const [key, created] of this.#order) if (created >= from && !this.#drop(key)) yield [key, created]
  }

  kindOf(key: Binary): Kind | undefined {
    this.#drop(key)
    const entry = this.#peek(key)
    return entry && kindOf(entry.value)
  }

  clear(): void {
    this.#entries.clear()
    this.#kept.clear()
    this.#order.clear()
  }

  /** Whether it was over, and is gone now. */
  #drop(key: Binary): boolean {
    const entry = this.#peek(key)
    if (entry === undefined) return false
    if (entry.value instanceof Fields) entry.value.removeOver(this.#now)
    const isOver = entry.expiresAt !== undefined && entry.expiresAt < this.#now
    return (isOver || (typeof entry.value !== 'string' && entry.value.size === 0)) && this.#remove(key)
  }

  /** Looks without using it. */
  #peek(key: Binary): Entry | undefined {
    return this.#kept.get(key) ?? this.#entries.peek(key)
  }

  #remove(key: Binary): boolean {
    return this.#kept.delete(key) ? this.#order.delete(key) : this.#entries.delete(key)
  }
}

function kindOf(value: Kinds[Kind]): Kind {
  if (typeof value === 'string') return 'string'
  if (value instanceof Members) return 'set'
  return value instanceof Fields ? 'hash' : 'zset'
}

const empty: { readonly [K in Collection]: () => Kinds[K] } = {
  set: () => new Members(),
  hash: () => new Fields(),
  zset: () => new SortedSet(),
}

function sizeOf(key: Binary, value: Kinds[Kind]): number {
  return key.length + entryBytes + (typeof value === 'string' ? value.length : value.bytes)
}

/** What these take in a collection, or more. */
function growth(texts: readonly Binary[]): number {
  return texts.reduce((bytes, { length }) => bytes + length + mostBytes, 0)
}

/** What an entry takes beside its own bytes, measured on Node 20. */
const entryBytes = 220
/** As much as a member of any collection takes beside its own bytes. */
const mostBytes = 140
