import type { Client } from '../clients/client.js'
import { set } from '../clients/commands/strings.js'
import type { Codec } from '../codec/codec.js'
import { loopClock } from '../connection/deadlines.js'
import { abortable, limited } from '../connection/limit.js'
import { ClosedError, CommandTimeoutError } from '../errors.js'
import type { Milliseconds } from '../units.js'
import type { FailSafe } from './fail-safe.js'
import { Load, type WriteBack } from './load.js'
import type { Operation } from './operation.js'
import type { Loader } from './options.js'
import { isOver } from './ttl.js'
import type { WriteListener, WriteWatch } from './write-watch.js'

/** What the loads of a cache work with. */
export interface LoadsParts {
  /** The client itself: a write back must not be taken for a write that detaches its own load. */
  readonly client: Client
  readonly codec: Codec
  readonly failSafe: FailSafe
  readonly writes: WriteWatch
}

/** What a look at the server found: no value, one that cannot be read, or no server. */
export type Miss = 'absent' | 'unreadable' | 'unreachable'

/** What a caller wants of a load. */
export interface LoadRequest {
  /** Who reports what becomes of the write back. */
  readonly operation: Operation
  readonly missed: Miss
  /** How long the value is kept, in ms; `undefined`: for ever. */
  readonly ttl: Milliseconds | undefined
  readonly share: boolean
  readonly waitForWrite: boolean
  readonly signal: AbortSignal | undefined
  /** The deadline that was given with the call, in ms. */
  readonly deadline: Milliseconds | undefined
  /** When that is over, on the loop clock. */
  readonly until: Milliseconds | undefined
}

/**
 * The loads of one cache: at a time one for a key takes new callers.
 * A write of the key in this process detaches its loads. The last caller who leaves aborts a load. When a caller's
 * deadline is over, later callers load anew: the loader may never end.
 */
export class Loads implements WriteListener {
  readonly #parts: LoadsParts
  /** Those that take new callers. */
  readonly #current = new Map<string, Load>()
  /** Those that outlived the deadline of a caller: they take no new ones, and may still be written back. */
  readonly #overdue = new Set<Load>()

  constructor(parts: LoadsParts) {
    this.#parts = parts
  }

  /** Whether the value of this key was loaded and is not written back yet. */
  holds(key: string): boolean {
    return this.#current.size > 0 && this.#current.get(key)?.inHand === true
  }

  /** Joins the load of this key, or begins one. */
  async get<T>(key: string, loader: Loader<T>, request: LoadRequest): Promise<T> {
    request.signal?.throwIfAborted()
    const load = this.#current.get(key) ?? this.#begin(key, loader, request)
    await this.#wait(load, request)
    return load.take(request.share) as T | Promise<T>
  }

  onWrite(keys: readonly string[]): void {
    for (const key of keys) {
      const load = this.#current.get(key)
      if (load !== undefined) this.#detach(load)
      for (const overdue of this.#overdue) if (overdue.key === key) this.#detach(overdue)
    }
  }

  onWriteWhere(affects: (key: string) => boolean): void {
    for (const load of [...this.#current.values(), ...this.#overdue]) if (affects(load.key)) this.#detach(load)
  }

  #begin(key: string, loader: Loader<unknown>, request: LoadRequest): Load {
    const { codec, failSafe } = this.#parts
    const onFailedWrite = (error: unknown, awaited: boolean): void => {
      if (error instanceof ClosedError) return
      if (awaited) failSafe.survive(request.operation, error)
      else failSafe.notKept(request.operation, error, key)
    }
    const load = new Load({ key, loader, codec, writeBack: this.#writeBack(key, request), onFailedWrite })
    this.#current.set(key, load)
    this.#parts.writes.add(this)
    const forget = (): void => this.#forget(load)
    load.loaded.then(() => (load.inHand ? load.kept().then(forget, forget) : forget()), forget)
    return load
  }

  /** Waits for the load; the last one who leaves before it has ended aborts it. */
  async #wait(load: Load, request: LoadRequest): Promise<void> {
    const writes = request.waitForWrite ? 1 : 0
    load.waiters++
    load.writeWaiters += writes
    try {
      await this.#settled(load, request)
    } finally {
      load.writeWaiters -= writes
      if (--load.waiters === 0 && load.running) this.#abandon(load)
    }
  }

  /**
   * Only what is absent is written, where nothing was found: a value that somebody wrote meanwhile, in this process or
   * another, is newer than the loaded one or as new.
   */
  #writeBack(key: string, { missed, ttl }: LoadRequest): WriteBack | undefined {
    if (missed === 'unreachable' || isOver(ttl)) return undefined
    const only = missed === 'absent' ? 'NX' : undefined
    return async (encoded, signal) => {
      await this.#parts.client.execute(set(key, encoded, { ttl, only }), { signal })
    }
  }

  /** Settles with the load, or when this caller's signal aborts or its deadline is over. */
  #settled(load: Load, { operation, waitForWrite, signal, until, deadline }: LoadRequest): Promise<void> {
    const settled = waitForWrite ? load.kept() : load.loaded
    if (until === undefined) return signal === undefined ? settled : abortable(settled, signal)
    const late = (): Error => {
      this.#setAside(load)
      const problem = load.running ? 'the loader has not ended' : 'what was loaded is not written back'
      return new CommandTimeoutError(operation.name, deadline ?? 0, !load.running, { problem })
    }
    const left = until - loopClock.now()
    return limited(signal ?? neverAborted, left, late, (limit) => abortable(settled, limit))
  }

  /** Lets later callers load anew. */
  #setAside(load: Load): void {
    if (load.running && this.#current.get(load.key) === load) {
      this.#current.delete(load.key)
      this.#overdue.add(load)
    }
  }

  #detach(load: Load): void {
    load.detach()
    this.#forget(load)
  }

  #abandon(load: Load): void {
    load.abandon()
    this.#forget(load)
  }

  #forget(load: Load): void {
    if (this.#current.get(load.key) === load) this.#current.delete(load.key)
    this.#overdue.delete(load)
    if (this.#current.size === 0 && this.#overdue.size === 0) this.#parts.writes.remove(this)
  }
}

const neverAborted = new AbortController().signal
