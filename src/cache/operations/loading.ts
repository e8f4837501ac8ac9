import { get } from '../../clients/commands/strings.js'
import type { Value } from '../../codec/value.js'
import type { Key } from '../../keys/key-maker.js'
import { isPromise } from '../../promises.js'
import { show } from '../../units.js'
import { stateOf } from '../loads/entry-state.js'
import type { LoadRequest } from '../loads/load-request.js'
import type { Replaces } from '../loads/outcome.js'
import { takesContext } from '../loads/takes-context.js'
import { describe, rejects, type OperationTable } from '../operation.js'
import { loadOptions } from '../option-checks.js'
import { noOptions, type GetOrSetOptions, type Loader } from '../options.js'
import { Operations } from './base.js'
import type { OperationContext } from './context.js'
import { callOf, given, loadTagsOf, lookQuestion, requestOf, type LoadCall } from './load-call.js'
import { freshnessUnderTags, isServed, lookOf, nothingFound, replacesAfter, timeFor, type Look } from './look.js'
import { dueFreshness, nearFor, turned, unreadable, valueOf } from './near-reads.js'

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
   * A value past its ttl is served for its `grace` while it is loaded anew, and while the loader fails or takes longer
   * than `loaderTimeout`. The error of a loader whose callers got a stale value is reported. In a herd cache it is loaded
   * anew by callers who are chosen at random, and served to all others.
   * What was loaded is not kept when the key is written or deleted in this process meanwhile, when no server could be
   * reached, and when the value is `undefined`, unless there is a `negativeTtl`.
   * @throws {CommandTimeoutError} E_TIMEOUT when a `deadline` or `loaderDeadline` is over before the loader has ended
   * @throws what the loader throws, and {@link CodecError} E_CODEC for what cannot be written
   * @example
   * const user = await cache.getOrSet('user:1', ({ signal }) => findUser(1, { signal }), { ttl: '10m' })
   */
  async getOrSet<T>(key: Key, loader: Loader<T>, options: GetOrSetOptions = noOptions): Promise<T> {
    const { context } = this
    const { loads, codec } = context
    const made = context.key(operations.getOrSet, key, options)
    if (typeof loader !== 'function') throw new TypeError(`A loader must be a function, got ${show(loader)}.`)
    const call = callOf(operations.getOrSet, context, options)
    if (options.refresh === true) {
      const request = requestFor(context, call, loader, 'anything')
      return given(context, call, loads.refresh(made, loader, request) as Promise<T>)
    }
    options.signal?.throwIfAborted()
    const near = nearFor(context, options)
    if (near?.ready() !== undefined) await turned(near)
    const copy = loads.holds(made) ? undefined : near?.findValue(made)
    if (near !== undefined && copy !== undefined) {
      const due = dueFreshness(context, copy, call.policy)
      if (due !== undefined) loads.loadBehind(made, loader, requestFor(context, call, loader, due))
      const known = valueOf(near, copy)
      const value = isPromise(known) ? await known : known
      if (value !== unreadable) {
        context.telemetry.read(value === undefined ? 'misses' : 'near')
        return value as T
      }
    }
    let asked = call.tags.length === 0 ? undefined : lookQuestion(call)
    let look: Look = nothingFound
    if (asked !== undefined || !loads.holds(made)) {
      // Hot path (bench: cache-get): one await, and nothing is made for a load that does not happen.
      let stored: Value | undefined
      try {
        const seen = near && (await near.read(made, (asked ??= lookQuestion(call)), call.tags))
        stored =
          near !== undefined
            ? seen?.stored
            : asked === undefined
              ? await context.runner.run(get(made, codec.reads), call.look)
              : await context.tags.valueWith(made, codec.reads, call.tags, asked)
        if (stored !== undefined) {
          const entry = seen?.entry ?? (codec.framed ? codec.open(stored, made) : undefined)
          let freshness = entry?.fields.freshness
          if (entry?.fields.tagField !== undefined) {
            asked ??= lookQuestion(call)
            const judged = freshnessUnderTags(operations.getOrSet, context, made, entry.fields, call.policy, asked)
            freshness = judged instanceof Promise ? await judged : judged
          }
          const time = timeFor(context, call, made, freshness)
          const now = isPromise(time) ? await time : time
          const state = stateOf(freshness, now, call.policy, Math.random())
          const decoded = entry === undefined ? codec.decode(stored, made) : entry.read()
          const value = isPromise(decoded) ? await decoded : decoded
          if (isServed(state, value, entry)) {
            if (freshness !== undefined && loads.isDue(made, freshness, now, call.policy))
              loads.loadBehind(made, loader, requestFor(context, call, loader, freshness))
            context.telemetry.read(value === undefined ? 'misses' : 'hits')
            return value as T
          }
          look = lookOf({ stored, state, value, entry })
        }
      } catch (error) {
        look = { replaces: replacesAfter(operations.getOrSet, context, error, { made, stored }), stale: undefined }
      }
    }
    const request = requestFor(context, call, loader, look.replaces, asked?.marks.newest)
    const { stale } = look
    if (stale === undefined) context.telemetry.read('misses')
    const loading = (
      stale === undefined ? loads.get(made, loader, request) : loads.getOrStale(made, loader, request, stale)
    ) as Promise<T>
    return given(context, call, loading)
  }
}

/**
 * What is asked of a load of `getOrSet`.
 * @param seen the greatest number of an invalidation of its tags that is known
 */
function requestFor<T>(
  context: OperationContext,
  call: LoadCall,
  loader: Loader<T>,
  replaces: Replaces,
  seen?: number,
): LoadRequest {
  return requestOf(operations.getOrSet, context, call, replaces, loadTagsOf(context, call, takesContext(loader), seen))
}
