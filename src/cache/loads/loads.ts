import type { Freshness } from '../../codec/frame.js'
import { loopClock } from '../../connection/deadlines.js'
import { abortable } from '../../connection/limit.js'
import { ClosedError, CommandTimeoutError } from '../../errors.js'
import type { Milliseconds } from '../../units.js'
import type { LoadPolicy } from '../load-policy.js'
import type { Loader } from '../options.js'
import { within } from '../within.js'
import type { WriteListener, WriteWatch } from '../write-watch.js'
import { isDue } from './entry-state.js'
import { LoadFailures } from './failures.js'
import { isMutable, type Load } from './load.js'
import type { LoadRequest, Stale } from './load-request.js'
import { LoadTable } from './load-table.js'
import { LoaderTimes } from './loader-times.js'
import { makeLoad, type LoadMakerParts } from './make-load.js'
import { freshnessIn } from './outcome.js'
import type { RunningLoads } from './running-loads.js'
import { WriteBatch } from './write-batch.js'

/** What the loads of a cache work with. */
export interface LoadsParts extends LoadMakerParts {
  readonly writes: WriteWatch
  readonly running: RunningLoads
}

/**
 * The loads of one cache: at a time one for a key takes new callers.
 * A write of the key in this process detaches its loads. When a caller's deadline is over, later callers load anew: the
 * loader may never end. Of several loads of a key the one that began last wins.
 */
export class Loads implements WriteListener {
  readonly #parts: LoadsParts
  readonly #table = new LoadTable()
  readonly #failures = new LoadFailures()
  readonly #times = new LoaderTimes()

  constructor(parts: LoadsParts) {
    this.#parts = parts
  }

  /** Whether the value of this key was loaded and is not written back yet. */
  holds(key: string): boolean {
    return !this.#table.isEmpty && this.#table.joinable(key)?.inHand === true
  }

  /** Whether a fresh value is to be loaded anew in the background, at `now` on the server's clock. */
  isDue(key: string, freshness: Freshness, now: Milliseconds, { refreshAt }: LoadPolicy): boolean {
    return isDue(freshness, now, refreshAt, { loaderTime: this.#times.of(key), random: Math.random() })
  }

  /** Joins the load of this key, or begins one. */
  async get(key: string, loader: Loader<unknown>, request: LoadRequest): Promise<unknown> {
    request.signal?.throwIfAborted()
    const load = this.#joinable(key, request) ?? this.#begin(key, loader, request)
    const { invalidated } = load.writeBack.stamp
    await this.#wait(load, this.#settled(load, request), request)
    if (!load.isInvalidFor(invalidated)) return load.take(request)
    this.#leave(load)
    return this.get(key, loader, request)
  }

  /** Begins a load that wins over those that run: their callers get what they load, and it is not written back. */
  async refresh(key: string, loader: Loader<unknown>, request: LoadRequest): Promise<unknown> {
    request.signal?.throwIfAborted()
    if (this.#parts.running.closed) throw new ClosedError('the cache')
    for (const older of this.#table.of(key)) this.#detach(older)
    return this.get(key, loader, request)
  }

  /**
   * Joins the load of this key, or begins one in the background; gives its value where it is there within `loaderTimeout`,
   * and else the stale one. No load begins while the key's loads fail and their backoff is not over.
   */
  async getOrStale(key: string, loader: Loader<unknown>, request: LoadRequest, stale: Stale): Promise<unknown> {
    request.signal?.throwIfAborted()
    const running = this.#joinable(key, request)
    const load = running ?? this.#beginBehind(key, loader, request, stale.value)
    // What the loader was given is not handed to anybody else.
    const own = load === running || !isMutable(stale.value) ? stale.value : await stale.read()
    const { loaderTimeout } = request.policy
    const isLoaded =
      load !== undefined && loaderTimeout !== undefined && (await this.#isLoadedInTime(load, request, loaderTimeout))
    this.#parts.telemetry.read(isLoaded ? 'misses' : 'stale')
    return isLoaded ? load.take(request) : own
  }

  /** Makes what takes the write backs of several loads, and sends them together. */
  writeBatch(): WriteBatch {
    return new WriteBatch(this.#parts.client)
  }

  /** Begins a load that nobody waits for, unless one runs or the key's loads fail. */
  loadBehind(key: string, loader: Loader<unknown>, request: LoadRequest): void {
    if (this.#joinable(key, request) === undefined) this.#beginBehind(key, loader, request, undefined)
  }

  onWrite(keys: readonly string[]): void {
    for (const key of keys) for (const load of this.#table.of(key)) this.#detach(load)
  }

  onWriteWhere(affects: (key: string) => boolean): void {
    for (const load of this.#table.all()) if (affects(load.key)) this.#detach(load)
  }

  onInvalidation(tags: readonly string[]): void {
    for (const load of this.#table.all()) if (!load.invalidate(tags)) this.#leave(load)
  }

  /** The load of this key that a caller may join: not one that began before an invalidation that the caller has seen. */
  #joinable(key: string, { tags }: LoadRequest): Load | undefined {
    const load = this.#table.joinable(key)
    if (load === undefined || tags === undefined || load.writeBack.stamp.admits(tags.seen)) return load
    this.#leave(load)
    return undefined
  }

  #beginBehind(key: string, loader: Loader<unknown>, request: LoadRequest, stale: unknown): Load | undefined {
    if (this.#failures.waits(key, loopClock.now())) return undefined
    return this.#begin(key, loader, request, { stale })
  }

  /** @param behind given for a load that nobody waits for */
  #begin(key: string, loader: Loader<unknown>, request: LoadRequest, behind?: { readonly stale: unknown }): Load {
    const load = makeLoad(this.#parts, {
      key,
      loader,
      request,
      stale: behind?.stale,
      older: this.#table.of(key),
      onWrite: (own) => this.#onWriteOf(own),
      onLost: (own) => this.#detach(own),
    })
    load.background = behind !== undefined
    this.#table.add(load)
    this.#parts.running.add(load)
    this.#parts.writes.add(this)
    this.#follow(load, request)
    load.start()
    return load
  }

  /** Notes how the load ends, and forgets it when nothing of it is left to be written. */
  #follow(load: Load, request: LoadRequest): void {
    const forget = (): void => {
      this.#forget(load)
      this.#parts.running.remove(load)
    }
    load.loaded.then(
      () => {
        this.#failures.succeeded(load.key)
        if (request.policy.refreshAt === 'early') this.#times.add(load.key, load.loaderTime)
        return load.kept().then(forget, forget)
      },
      (error: unknown) => {
        forget()
        this.#failed(load, error, request)
      },
    )
  }

  #failed(load: Load, error: unknown, { operation, policy, replaces }: LoadRequest): void {
    if (load.abandoned || load.passed || this.#parts.running.ended) return
    if (freshnessIn(replaces) !== undefined) this.#failures.failed(load.key, loopClock.now(), policy.graceBackoff)
    if (load.background || load.waiters === 0) this.#parts.failSafe.notLoaded(operation, error, load.key)
  }

  /** Waits for one outcome of the load; the last one who leaves before it has ended aborts it where that is asked for. */
  async #wait(load: Load, outcome: Promise<void>, { waitForWrite, policy }: LoadRequest): Promise<void> {
    const writes = waitForWrite ? 1 : 0
    load.waiters++
    load.writeWaiters += writes
    try {
      await outcome
    } finally {
      load.writeWaiters -= writes
      const left = --load.waiters === 0 && load.running && !load.background
      if (left && policy.onAbandon === 'abort') this.#abandon(load)
      else this.#abandonOverdue(load)
    }
  }

  /** Waits while a stale value can be had: resolves to whether the load's value is there in time, and valid. */
  async #isLoadedInTime(load: Load, request: LoadRequest, ms: Milliseconds): Promise<boolean> {
    const { invalidated } = load.writeBack.stamp
    const { signal, until = Infinity } = request
    const left = Math.min(ms, until - loopClock.now())
    try {
      await this.#wait(
        load,
        within(outcomeFor(load, request), left, signal, () => tooLate),
        request,
      )
      return !load.isInvalidFor(invalidated)
    } catch (error) {
      signal?.throwIfAborted()
      if (error === tooLate || load.failed) return false
      throw error
    }
  }

  /** Settles with the load, or when this caller's signal aborts or its deadline is over. */
  #settled(load: Load, request: LoadRequest): Promise<void> {
    const { operation, signal, until, deadline = 0 } = request
    const outcome = outcomeFor(load, request)
    if (until === undefined) return signal === undefined ? outcome : abortable(outcome, signal)
    return within(outcome, until - loopClock.now(), signal, () => {
      this.#setAside(load)
      return new CommandTimeoutError(operation.name, deadline, !load.running, { problem: load.problem })
    })
  }

  /** Lets later callers load anew, unless the load waits for another process, as theirs would. */
  #setAside(load: Load): void {
    if (load.running && load.begun) this.#leave(load)
  }

  /** As {@link #setAside}, also of a load whose value is there. */
  #leave(load: Load): void {
    load.joinable = false
    this.#abandonOverdue(load)
  }

  /** Notes a load that nobody waits for and nobody joins, and abandons the oldest where there are too many. */
  #abandonOverdue(load: Load): void {
    const dropped = this.#table.addOverdue(load)
    if (dropped !== undefined) this.#abandon(dropped)
  }

  /** Sees to it that of several loads of a key the one that began last is there in the end, whichever is written first. */
  #onWriteOf(load: Load): void {
    const all = this.#table.of(load.key)
    const at = all.indexOf(load)
    for (const older of all.slice(0, at)) if (!older.inHand) this.#detach(older)
    for (const newer of all.slice(at + 1)) newer.writeBack.follow(load.writeBack)
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
    this.#table.remove(load)
    if (this.#table.isEmpty) this.#parts.writes.remove(this)
  }
}

/** What a caller waits for. */
function outcomeFor(load: Load, { waitForWrite }: LoadRequest): Promise<void> {
  return waitForWrite ? load.kept() : load.loaded
}

/** Says that a stale value is served since the loader takes longer; no caller sees it. */
const tooLate = new Error('the loader takes longer')
