import { callUser } from '../promises.js'
import type { Clock, Milliseconds } from '../units.js'

/**
 * What was survived: `OUTAGE` no server could be used, `UNREADABLE` a stored value was not one, `SCHEMA` it was not one
 * of this type, `WRITE_BACK` the server refused to keep what a loader had made, `LOADER` a loader failed while a stale
 * value was served or nobody waited, `LISTENER` a listener threw, `RECOVERY` a delete that was kept in an outage is
 * lost.
 */
export type ReportKind = 'OUTAGE' | 'UNREADABLE' | 'SCHEMA' | 'WRITE_BACK' | 'LOADER' | 'LISTENER' | 'RECOVERY'

/**
 * What the operator had better know: `SPLIT_BRAIN` a primary that is cut off would take writes nobody keeps, `REPLICA`
 * the one location of a cache is a replica, `LOCATION` a cache was given the location `undefined`, `CLOCK` a server
 * does not tell its time, `CHANNELS` a server does not let us subscribe, `EVICTION` the server of a cache with tags may
 * evict what it remembers of them, `ZONE` a server of a cache that reads from its zone tells none, `CERTIFICATE` the
 * files of `tls` have changed and cannot be used.
 */
export type AdviceKind =
  'SPLIT_BRAIN' | 'REPLICA' | 'LOCATION' | 'CLOCK' | 'CHANNELS' | 'EVICTION' | 'ZONE' | 'CERTIFICATE'

/** Where it happened. */
export interface ReportContext {
  readonly kind: ReportKind
  /** The cache's name. */
  readonly cache: string
  /** The method that went on without its servers, or the event whose listener failed. */
  readonly operation: string
  /** The key as the server knows it, where one value is to blame. */
  readonly key?: string
}

/** Where messages go; `console` is one. Its methods may be async, and what they throw or reject with is a warning. */
export interface Logger {
  /** Of what was survived: an outage, a value that cannot be read. */
  warn(message: string, error?: unknown): void
  /** Of what the program should not have done. */
  error(message: string, error?: unknown): void
}

/** Who hears of it. Both may be async, and what they throw or reject with is a process warning. */
export interface ReportListeners {
  readonly onError?: ((error: unknown, context: ReportContext) => void) | undefined
  readonly logger?: Logger | undefined
}

/**
 * Tells the operator of what was survived, at most once a second of each kind; by a process warning when nobody
 * listens. Advice is told at most once a second of each message. `RECOVERY` is always told: who reports it says how
 * many were lost within a second.
 */
export class Reporter {
  readonly #clock: Clock
  readonly #listeners: ReportListeners
  /** When each kind of report, and each word of advice, was told within the last second. */
  readonly #last = new Map<string, Milliseconds>()
  readonly #counts = new Map<string, Map<ReportKind, number>>()

  constructor(clock: Clock, listeners: ReportListeners = {}) {
    this.#clock = clock
    this.#listeners = listeners
  }

  report(message: string, error: unknown, context: ReportContext): void {
    const { kind } = context
    this.#count(context)
    if (kind !== 'RECOVERY' && this.#isTooSoon(kind)) return
    const text = error instanceof Error ? `${message}: ${error.message}` : message
    const { onError, logger } = this.#listeners
    const broken = (what: unknown): void => warn(`onError or logger failed (${String(what)}) on: ${text}`, kind)
    if (logger !== undefined)
      callUser(() => (kind === 'LISTENER' ? logger.error(text, error) : logger.warn(text, error)), broken)
    if (onError !== undefined) callUser(() => onError(error, context), broken)
    if (logger === undefined && onError === undefined) warn(text, kind)
  }

  /** How often something was survived by a cache, by kind; also what was told to nobody, for it came too soon. */
  survived(cache: string): Readonly<Partial<Record<ReportKind, number>>> {
    return Object.fromEntries(this.#counts.get(cache) ?? [])
  }

  /**
   * A word on how the servers are set up: nothing failed yet, so it goes to the log only. The same message is told once a
   * second; another one of its kind, as of another cache or server, is told at once, for it may never come again.
   */
  advise(kind: AdviceKind, message: string): void {
    if (this.#isTooSoon(message)) return
    const { logger } = this.#listeners
    if (logger === undefined) warn(message, kind)
    else
      callUser(
        () => logger.warn(message),
        (broken) => warn(`logger failed (${String(broken)}) on: ${message}`, kind),
      )
  }

  #count({ cache, kind }: ReportContext): void {
    const counts = this.#counts.get(cache) ?? new Map<ReportKind, number>()
    this.#counts.set(cache, counts.set(kind, (counts.get(kind) ?? 0) + 1))
  }

  #isTooSoon(what: string): boolean {
    const now = this.#clock.now()
    for (const [told, at] of this.#last) if (now - at >= quiet) this.#last.delete(told)
    if (this.#last.has(what)) return true
    this.#last.set(what, now)
    return false
  }
}

function warn(text: string, kind: ReportKind | AdviceKind): void {
  process.emitWarning(text, { code: `VALKEY_CACHE_${kind}` })
}

const quiet = 1_000
