import type { KeptWrite } from '../../clients/command.js'
import type { CacheError } from '../../errors.js'
import { timerDelay, type Clock, type Milliseconds } from '../../units.js'
import { KeyOrder } from '../key-order.js'
import type { RecoveryLimits } from './options.js'

/** One of the caches that share kept writes. It sends those that it owns. */
export interface WriteOwner {
  /** Is told that a write of this key is kept, whoever keeps it: what is held of the key is over. */
  kept(key: string): void
  /** Is told that kept writes of these keys have run, whoever sent them: replicas may not have them yet. */
  ran(keys: readonly string[]): void
  /** Is told that these writes were kept for so long that they are dropped. */
  expired(writes: readonly KeptWrite[]): void
  /** Is told that it owns writes that were another one's. */
  inherited(): void
}

/** A write that has failed. */
export interface FailedWrite {
  readonly write: KeptWrite
  /** Why no server could be used, where that is known. */
  readonly reason: CacheError | undefined
  /** The place of its call among those of its owner. */
  readonly place: number
}

interface Entry extends FailedWrite {
  readonly owner: WriteOwner
  /** When it is dropped, on the clock. */
  readonly until: Milliseconds
}

/**
 * The writes that could not be sent because their servers could not be used: the last one of each key. Shared by the
 * caches of this process that have the same servers and database, so that none of them reads a key that another has
 * deleted.
 */
export class KeptWrites {
  /** The places of calls whose keys have kept writes: each is handed over when those before it are. */
  readonly order: KeyOrder = new KeyOrder()
  readonly #entries = new Map<string, Entry>()
  readonly #owners = new Set<WriteOwner>()
  readonly #clock: Clock
  /** No entry is due before; on the clock. */
  #nextExpiry = Infinity
  #timer: NodeJS.Timeout | undefined

  constructor(clock: Clock) {
    this.#clock = clock
  }

  /** Whether nothing is kept, and no call waits because something was. Hot path: asked before each call. */
  get idle(): boolean {
    return this.#entries.size === 0 && this.order.idle
  }

  /** Takes a cache among those that share. */
  join(owner: WriteOwner): void {
    this.#owners.add(owner)
  }

  /** Hands what a cache owns to another one, in its order. Returns what nobody is left to send. */
  leave(owner: WriteOwner): readonly KeptWrite[] {
    this.#owners.delete(owner)
    const [heir] = this.#owners
    const left = [...this.#entries.values()].filter((entry) => entry.owner === owner)
    if (heir === undefined) {
      for (const { write } of left) this.#entries.delete(write.key)
      return left.map(({ write }) => write)
    }
    for (const entry of left) this.#entries.set(entry.write.key, { ...entry, owner: heir, place: Infinity })
    if (left.length > 0) heir.inherited()
    return []
  }

  /** Whether the key is deleted, and its server does not know yet. */
  deletes(key: string): boolean {
    this.#dropExpired()
    return this.#entries.get(key)?.write.deletes === true
  }

  /** Gives what is kept of these keys. */
  of(keys: readonly string[]): readonly KeptWrite[] {
    this.#dropExpired()
    if (this.#entries.size === 0) return []
    return [...new Set(keys)].flatMap((key) => this.#entries.get(key)?.write ?? [])
  }

  /** Why the servers of one of these keys could not be used, where that is known. */
  reasonOf(keys: readonly string[]): CacheError | undefined {
    return keys.map((key) => this.#entries.get(key)?.reason).find((reason) => reason !== undefined)
  }

  /** Gives what this owner has to send, oldest first. */
  ownedBy(owner: WriteOwner): readonly KeptWrite[] {
    this.#dropExpired()
    return [...this.#entries.values()].flatMap((entry) => (entry.owner === owner ? [entry.write] : []))
  }

  /** Whether this very write is still kept. */
  has(write: KeptWrite): boolean {
    this.#dropExpired()
    return this.#entries.get(write.key)?.write === write
  }

  /**
   * Keeps a write in place of an older one of its key. Returns false when there is no room for one more key: who was
   * told that a delete is kept relies on it, so older ones are not dropped for it.
   */
  add({ write, place, reason }: FailedWrite, owner: WriteOwner, { maxKeys, maxAge }: RecoveryLimits): boolean {
    this.#dropExpired()
    const isNew = !this.#entries.delete(write.key)
    if (isNew && this.#entries.size >= maxKeys) return false
    const until = this.#clock.now() + maxAge
    this.#entries.set(write.key, { write, reason, owner, place, until })
    if (until < this.#nextExpiry) this.#expireAt(until)
    for (const one of this.#owners) one.kept(write.key)
    return true
  }

  /** Forgets a write that has run, unless a later one of its key has taken its place. */
  ran(write: KeptWrite): void {
    if (this.has(write)) this.#runAt(write.key)
  }

  /** Forgets the write of a key over which a later call of its owner has written. */
  overwritten(key: string, owner: WriteOwner, place: number): void {
    const entry = this.#entries.get(key)
    if (entry?.owner === owner && entry.place < place) this.#runAt(key)
  }

  /** Forgets a write that will never run. */
  drop(write: KeptWrite): void {
    if (this.has(write)) this.#entries.delete(write.key)
  }

  async close(): Promise<void> {
    this.destroy()
  }

  destroy(): void {
    clearTimeout(this.#timer)
    this.#entries.clear()
  }

  /** Tells all caches before the write is forgotten, so that none of them asks a replica that is behind for the key. */
  #runAt(key: string): void {
    for (const owner of this.#owners) owner.ran([key])
    this.#entries.delete(key)
  }

  #dropExpired(): void {
    const now = this.#clock.now()
    if (now < this.#nextExpiry) return
    const expired = [...this.#entries.values()].filter(({ until }) => until <= now)
    for (const { write } of expired) this.#entries.delete(write.key)
    this.#expireAt(earliest(this.#entries.values()))
    for (const owner of this.#owners)
      owner.expired(expired.filter((entry) => entry.owner === owner).map(({ write }) => write))
  }

  #expireAt(time: Milliseconds): void {
    clearTimeout(this.#timer)
    this.#nextExpiry = time
    if (time === Infinity) return
    const left = timerDelay(time - this.#clock.now() + 1)
    this.#timer = setTimeout(() => this.#expireAgain(), left).unref()
  }

  /** A timer may be early by the clock, and is as long as a timer can be. */
  #expireAgain(): void {
    this.#dropExpired()
    if (this.#entries.size > 0) this.#expireAt(this.#nextExpiry)
  }
}

function earliest(entries: Iterable<Entry>): Milliseconds {
  let found = Infinity
  for (const { until } of entries) found = Math.min(found, until)
  return found
}
