import type { KeptWrite } from '../../clients/command.js'
import type { Loan } from '../../connection/registry.js'
import { CacheError, CommandTimeoutError } from '../../errors.js'
import type { Reporter } from '../../telemetry/reporter.js'
import type { Milliseconds } from '../../units.js'
import { isOutage } from '../outage.js'
import { keptError } from './kept-error.js'
import type { FailedWrite, KeptWrites, WriteOwner } from './kept-writes.js'
import { Losses } from './losses.js'
import type { RecoveryLimits } from './options.js'

/** What a cache keeps its writes with. */
export interface RecoveryParts {
  /** The cache's name. */
  readonly cache: string
  readonly reporter: Reporter
  readonly limits: RecoveryLimits
  /** Those of all caches with the same servers and database. */
  readonly kept: Loan<KeptWrites>
  /** How long calls may take that say nothing of it, in ms. */
  readonly readDeadline: Milliseconds
  readonly writeDeadline: Milliseconds
  /** The most calls that wait for kept writes of their keys. */
  readonly maxWaiting: number
}

/** What a call meant to write. */
export type MeantWrite = Omit<FailedWrite, 'reason'>

/** What a keeper tells its client. */
export interface KeeperListener {
  /** Called with a key of which a write is kept, by any cache of the servers. */
  readonly kept: (key: string) => void
  /** Called with keys that were written by a kept write. */
  readonly ran: (keys: readonly string[]) => void
  /** Called when there is something to send. */
  readonly due: () => void
}

/** Decides which failed writes of one cache are kept, and reports those that are lost. */
export class Keeper implements WriteOwner {
  readonly #parts: RecoveryParts
  readonly #listener: KeeperListener
  readonly #losses: Losses
  #stopped = false

  constructor(parts: RecoveryParts, listener: KeeperListener) {
    this.#parts = parts
    this.#listener = listener
    this.#losses = new Losses((problem, cause) => this.#report(problem, cause))
    parts.kept.value.join(this)
  }

  /** What this cache has to send, oldest first. */
  get writes(): readonly KeptWrite[] {
    return this.#parts.kept.value.ownedBy(this)
  }

  /**
   * Keeps what can be kept of a call that failed.
   * @param isAll whether these are all writes of the call
   * @returns the error for its caller, which says `kept: true` when all of its writes are kept
   */
  keep(failed: readonly MeantWrite[], error: unknown, isAll = true): unknown {
    if (this.#stopped || failed.length === 0 || !(error instanceof CacheError) || !isOutage(error)) return error
    const { kept, limits } = this.#parts
    const reason = error instanceof CommandTimeoutError ? undefined : error
    const refused = failed.filter((meant) => !kept.value.add({ ...meant, reason }, this, limits))
    if (refused.length > 0)
      this.#lose(
        refused.map(({ write }) => write),
        `not kept, for ${limits.maxKeys} are (maxKeys)`,
        error,
      )
    this.#listener.due()
    if (!isAll || refused.length > 0) return error
    return keptError(
      error,
      failed.map(({ write }) => write),
    )
  }

  kept(key: string): void {
    this.#listener.kept(key)
  }

  ran(keys: readonly string[]): void {
    this.#listener.ran(keys)
  }

  expired(writes: readonly KeptWrite[]): void {
    this.#lose(writes, `dropped after ${this.#parts.limits.maxAge} ms (maxAge): the old value may be read again`)
  }

  inherited(): void {
    this.#listener.due()
  }

  /** Drops a write that its server will never run. */
  refused(write: KeptWrite, error: unknown): void {
    this.#parts.kept.value.drop(write)
    this.#lose([write], 'dropped, for the server refuses to run what was kept', error)
  }

  /** Keeps nothing more. */
  stop(): void {
    this.#stopped = true
  }

  /** Hands what was not sent to another cache of the servers; reports how much is lost where there is none. */
  async leave(reason?: Error): Promise<void> {
    const { kept } = this.#parts
    this.#lose(kept.value.leave(this), 'lost, for the cache was closed before a server was back')
    this.#losses.end()
    await kept.release(reason)
  }

  #lose(writes: readonly KeptWrite[], reason: string, cause?: unknown): void {
    if (writes.length > 0) this.#losses.add(writes, reason, cause)
  }

  #report(problem: string, cause: unknown): void {
    const { cache, reporter } = this.#parts
    const context = { kind: 'RECOVERY', cache, operation: 'recovery' } as const
    reporter.report(`Cache '${cache}'`, new CacheError(problem, { cause }), context)
  }
}
