import { ClosedError, CodecError } from '../errors.js'
import type { Reporter } from '../telemetry/reporter.js'
import { rejects, type Operation } from './operation.js'
import { noOptions, type CallOptions } from './options.js'
import { isOutage } from './outage.js'

/** The one place where an outage becomes a miss, and a value that cannot be read too. */
export class FailSafe {
  /** Whether an outage is a miss. */
  readonly enabled: boolean
  readonly #cache: string
  readonly #reporter: Reporter
  #opposite: FailSafe | undefined

  constructor(enabled: boolean, cache: string, reporter: Reporter) {
    this.enabled = enabled
    this.#cache = cache
    this.#reporter = reporter
  }

  /** Gives what becomes of an outage of one call: its own `failSafe` wins over the cache's. */
  of(options: Pick<CallOptions, 'failSafe'>): FailSafe {
    if (options === noOptions) return this
    const { failSafe = this.enabled } = options
    if (failSafe === this.enabled) return this
    return (this.#opposite ??= new FailSafe(failSafe, this.#cache, this.#reporter))
  }

  /** Answers for an operation that failed; throws the error when the cache is not fail-safe, or it is no outage. */
  answer<Answer>(operation: Operation<Answer>, error: unknown): Exclude<Answer, typeof rejects> {
    if (!this.enabled || operation.outage === rejects) throw error
    this.survive(operation, error)
    return operation.outage as Exclude<Answer, typeof rejects>
  }

  /** Whether a part of an operation that failed is answered for as absent: it is reported then. */
  spares(operation: Operation, error: unknown): boolean {
    if (!isOutage(error)) return false
    this.survive(operation, error)
    return true
  }

  /** Reports an outage, whether or not the cache is fail-safe; throws what is none. */
  survive({ name }: Operation, error: unknown): void {
    if (!isOutage(error)) throw error
    const message = `Cache '${this.#cache}' goes on without its servers: ${name} failed`
    this.#reporter.report(message, error, { kind: 'OUTAGE', cache: this.#cache, operation: name })
  }

  /** Takes a stored value that cannot be read for absent in a fail-safe cache; throws the error in others. */
  unreadable({ name }: Operation, error: unknown, key: string): undefined {
    if (!this.enabled) throw error
    this.reportUnreadable({ name }, error, key)
  }

  /**
   * Reports a stored value that cannot be read, in any cache; throws an error of another kind, and one that the program or
   * its options are at fault for.
   */
  reportUnreadable({ name }: Pick<Operation, 'name'>, error: unknown, key: string): void {
    if (!(error instanceof CodecError) || error.fault === 'setup') throw error
    const message = `Cache '${this.#cache}' takes a value that it cannot read for absent (${name} of ${key})`
    this.#reporter.report(message, error, { kind: 'UNREADABLE', cache: this.#cache, operation: name, key })
  }

  /** Reports a load that failed while nobody waited for it, or who waited had a stale value. */
  notLoaded({ name }: Operation, error: unknown, key: string): void {
    const message = `Cache '${this.#cache}' could not load ${key}, for which nobody waited or a stale value was there`
    this.#reporter.report(message, error, { kind: 'LOADER', cache: this.#cache, operation: name, key })
  }

  /** Reports that loaders run although what they tag has no stamp; throws the error of a cache that is closed. */
  withoutStamp({ name }: Operation, error: unknown): void {
    if (error instanceof ClosedError) throw error
    const message = `Cache '${this.#cache}' loads without the number of the last invalidation (${name}): tags that its loaders set may count as invalidated`
    const kind = isOutage(error) ? 'OUTAGE' : 'WRITE_BACK'
    this.#reporter.report(message, error, { kind, cache: this.#cache, operation: name })
  }

  /** Reports a loaded value that could not be written back. */
  notKept(operation: Operation, error: unknown, key: string): void {
    if (isOutage(error)) return this.survive(operation, error)
    const message = `Cache '${this.#cache}' could not keep what was loaded for ${key}`
    this.#reporter.report(message, error, { kind: 'WRITE_BACK', cache: this.#cache, operation: operation.name, key })
  }
}
