import type { CallOptions as ClientCallOptions } from '../../clients/client.js'
import { get } from '../../clients/commands/strings.js'
import { loopClock } from '../../connection/deadlines.js'
import { CodecError } from '../../errors.js'
import type { Key } from '../../keys/key-maker.js'
import { isPromise } from '../../promises.js'
import { show, type Milliseconds } from '../../units.js'
import type { LoadRequest, Miss } from '../loads.js'
import { describe, rejects, type OperationTable } from '../operation.js'
import { loadOptions } from '../option-checks.js'
import { noOptions, type GetOrSetOptions, type Loader } from '../options.js'
import { Operations } from './base.js'
import { forClient, type OperationContext } from './context.js'
import { isOfAnotherType } from './values.js'

const operations = describe({
  getOrSet: { takes: loadOptions, outage: rejects },
})

/** Values that are made when they are missing. */
export class Loading extends Operations {
  static readonly operations: OperationTable = operations

  /**
   * Reads one value, or loads it when it is not there and keeps what was loaded. One loader at a time runs for a key in
   * this process; all who ask meanwhile get its value, each an object of their own, or its error. The value is handed
   * over when it is loaded. The write back goes on, and is reported when it fails; see `waitForWrite`.
   * What was loaded is not kept when the key is written or deleted in this process meanwhile, when the value is
   * `undefined`, when no server could be reached, and when every caller has left, which aborts the loader's signal.
   * @throws {CommandTimeoutError} E_TIMEOUT when a `deadline` was given and is over before the loader has ended
   * @throws what the loader throws, and {@link CodecError} E_CODEC for what cannot be written
   * @example
   * const user = await cache.getOrSet('user:1', ({ signal }) => findUser(1, { signal }), { ttl: '10m' })
   */
  async getOrSet<T>(key: Key, loader: Loader<T>, options: GetOrSetOptions = noOptions): Promise<T> {
    const { context } = this
    const made = context.key(operations.getOrSet, key, options)
    if (typeof loader !== 'function') throw new TypeError(`A loader must be a function, got ${show(loader)}.`)
    const ttl = context.ttlOf(options)
    const limits = limitsOf(options)
    let missed: Miss = 'absent'
    if (!context.loads.holds(made)) {
      // Hot path (bench: cache-get): one await, and nothing is made for a load that does not happen.
      try {
        const stored = await context.runner.run(get(made, context.codec.reads), limits.look)
        if (stored !== undefined) {
          const decoded = context.codec.decode(stored, made) as T | PromiseLike<T>
          const value = isPromise(decoded) ? await decoded : decoded
          if (value !== undefined) return value
          missed = 'unreadable'
        }
      } catch (error) {
        missed = missOf(context, error, made)
      }
    }
    return context.loads.get(made, loader, requestOf(options, missed, ttl, limits))
  }
}

/** What a call may take. */
interface Limits {
  /** For the look at the server. */
  readonly look: ClientCallOptions
  /** What was given for all of it, in ms, and when that is over. */
  readonly deadline: Milliseconds | undefined
  readonly until: Milliseconds | undefined
}

const noLimits: Limits = { look: noOptions, deadline: undefined, until: undefined }

/** The look takes half of a deadline at most, so that a frozen server leaves the loader some time. */
function limitsOf(options: GetOrSetOptions): Limits {
  if (options === noOptions) return noLimits
  const look = forClient(options)
  const { deadline } = look
  if (deadline === undefined) return { look, deadline, until: undefined }
  return { look: { ...look, deadline: deadline / 2 }, deadline, until: loopClock.now() + deadline }
}

/** What a look that failed comes to; throws what is neither an outage nor a value that cannot be read. */
function missOf({ failSafe }: OperationContext, error: unknown, made: string): Miss {
  if (isOfAnotherType(error)) return 'absent'
  if (error instanceof CodecError) {
    failSafe.reportUnreadable(operations.getOrSet, error, made)
    return 'unreadable'
  }
  failSafe.survive(operations.getOrSet, error)
  return 'unreachable'
}

function requestOf(
  { share = false, waitForWrite = false, signal }: GetOrSetOptions,
  missed: Miss,
  ttl: Milliseconds | undefined,
  { deadline, until }: Limits,
): LoadRequest {
  return { operation: operations.getOrSet, missed, ttl, share, waitForWrite, signal, deadline, until }
}
