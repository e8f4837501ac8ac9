import type { Clock, Milliseconds } from '../units.js'

/** Tells the operator of what was survived: a process warning, at most one a second of each kind. */
export class Reporter {
  readonly #clock: Clock
  readonly #last = new Map<string, Milliseconds>()

  constructor(clock: Clock) {
    this.#clock = clock
  }

  /** @param kind one of a few; the warning's code is `VALKEY_CACHE_<KIND>` */
  report(kind: string, message: string, cause: unknown): void {
    const now = this.#clock.now()
    if (now - (this.#last.get(kind) ?? -Infinity) < quiet) return
    this.#last.set(kind, now)
    const detail = cause instanceof Error ? `: ${cause.message}` : ''
    process.emitWarning(`${message}${detail}`, { code: `VALKEY_CACHE_${kind}` })
  }
}

const quiet = 1_000
