import type { KeptWrite } from '../../clients/command.js'
import type { Clock, Milliseconds } from '../../units.js'
import { KeyOrder } from '../key-order.js'
import type { RecoveryLimits } from './options.js'

/** Who sends a kept write when its server can be used. */
export interface WriteOwner {
  /** Is told that a write of this owner was kept for so long that it is dropped. */
  expired(write: KeptWrite): void
}

interface Entry {
  readonly write: KeptWrite
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
  /** The places of calls whose keys have kept writes: these run one at a time for each key. */
  readonly order: KeyOrder = new KeyOrder()
  readonly #entries = new Map<string, Entry>()
  readonly #clock: Clock

  constructor(clock: Clock) {
    this.#clock = clock
  }

  /** Whether nothing is kept, and no call waits because something was. Hot path: asked before each call. */
  get idle(): boolean {
    return this.#entries.size === 0 && this.order.idle
  }

  /** Whether the key is deleted, and its server does not know yet. */
  deletes(key: string): boolean {
    return this.#current(key)?.write.deletes === true
  }

  /** Gives what is kept of these keys. */
  of(keys: readonly string[]): readonly KeptWrite[] {
    if (this.#entries.size === 0) return []
    return [...new Set(keys)].flatMap((key) => this.#current(key)?.write ?? [])
  }

  /** Gives what this owner has to send, oldest first. */
  ownedBy(owner: WriteOwner): readonly KeptWrite[] {
    return [...this.#entries.values()].flatMap(({ write, owner: by }) =>
      by === owner && this.#current(write.key) !== undefined ? [write] : [],
    )
  }

  /** Whether this very write is still kept. */
  has(write: KeptWrite): boolean {
    return this.#current(write.key)?.write === write
  }

  /**
   * Keeps a write in place of an older one of its key. Returns false when there is no room for one more key: who was
   * told that a delete is kept relies on it, so older ones are not dropped for it.
   */
  add(write: KeptWrite, owner: WriteOwner, { maxKeys, maxAge }: RecoveryLimits): boolean {
    const isNew = !this.#entries.delete(write.key)
    if (isNew && this.#entries.size >= maxKeys) this.#sweep()
    if (isNew && this.#entries.size >= maxKeys) return false
    this.#entries.set(write.key, { write, owner, until: this.#clock.now() + maxAge })
    return true
  }

  /** Forgets a write that has run, unless a later one of its key has taken its place. */
  remove(write: KeptWrite): void {
    if (this.#entries.get(write.key)?.write === write) this.#entries.delete(write.key)
  }

  #current(key: string): Entry | undefined {
    const entry = this.#entries.get(key)
    if (entry === undefined || this.#clock.now() < entry.until) return entry
    this.#entries.delete(key)
    entry.owner.expired(entry.write)
    return undefined
  }

  /** Drops the oldest that have been kept for too long. */
  #sweep(): void {
    for (const key of this.#entries.keys()) if (this.#current(key) !== undefined) return
  }
}
