import type { KeptWrite } from '../../clients/command.js'
import { CacheError } from '../../errors.js'
import type { Reporter } from '../../telemetry/reporter.js'
import { isOutage } from '../outage.js'
import { keptError } from './kept-error.js'
import type { KeptWrites, WriteOwner } from './kept-writes.js'
import type { RecoveryLimits } from './options.js'

/** What a cache keeps its writes with. */
export interface RecoveryParts {
  /** The cache's name. */
  readonly cache: string
  readonly reporter: Reporter
  readonly limits: RecoveryLimits
  /** That of all caches with the same servers and database. */
  readonly kept: KeptWrites
}

/** Decides which failed writes of one cache are kept, and reports those that are lost. */
export class Keeper implements WriteOwner {
  readonly #parts: RecoveryParts
  #closed = false

  constructor(parts: RecoveryParts) {
    this.#parts = parts
  }

  /** What this cache has to send, oldest first. */
  get writes(): readonly KeptWrite[] {
    return this.#parts.kept.ownedBy(this)
  }

  /**
   * Keeps what can be kept of a call that failed.
   * @param isAll whether these are all writes of the call
   * @returns the error for its caller, which says `kept: true` when all of its writes are kept
   */
  keep(writes: readonly KeptWrite[], error: unknown, isAll = true): unknown {
    if (this.#closed || writes.length === 0 || !(error instanceof CacheError) || !isOutage(error)) return error
    const { kept, limits } = this.#parts
    const refused = writes.filter((write) => !kept.add(write, this, limits))
    if (refused.length > 0) this.#report(`${show(refused.length)} not kept, for ${limits.maxKeys} are (maxKeys)`, error)
    return isAll && refused.length === 0 ? keptError(error) : error
  }

  expired(): void {
    const { maxAge } = this.#parts.limits
    this.#report(`A delete was kept for ${maxAge} ms (maxAge) and is dropped: its key may be read again`)
  }

  /** Keeps nothing more: nobody will send it. */
  close(): void {
    this.#closed = true
  }

  /** Forgets what was not sent, and reports how much that is. */
  giveUp(): void {
    const { writes } = this
    for (const write of writes) this.#parts.kept.remove(write)
    if (writes.length > 0)
      this.#report(`${show(writes.length)} lost, for the cache was closed before a server was back`)
  }

  #report(problem: string, cause?: unknown): void {
    const { cache, reporter } = this.#parts
    const context = { kind: 'RECOVERY', cache, operation: 'recovery' } as const
    reporter.report(`Cache '${cache}'`, new CacheError(problem, { cause }), context)
  }
}

function show(deletes: number): string {
  return deletes === 1 ? '1 delete is' : `${deletes} deletes are`
}
