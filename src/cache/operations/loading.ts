import type { CallOptions as ClientCallOptions } from '../../clients/client.js'
import { get } from '../../clients/commands/strings.js'
import { loopClock } from '../../connection/deadlines.js'
import type { Opened } from '../../codec/codec.js'
import type { FrameFields, Freshness } from '../../codec/frame.js'
import type { Value } from '../../codec/value.js'
import { CodecError, ConfigurationError } from '../../errors.js'
import type { Key } from '../../keys/key-maker.js'
import { isPromise } from '../../promises.js'
import { show, type Milliseconds } from '../../units.js'
import { isOfAnotherType } from '../checked-reply.js'
import type { LoadPolicy } from '../load-policy.js'
import { stateOf, type EntryState } from '../loads/entry-state.js'
import type { LoadRequest, Stale } from '../loads/load-request.js'
import type { Replaces } from '../loads/outcome.js'
import { takesContext } from '../loads/takes-context.js'
import type { LoadTags } from '../tags/load-tags.js'
import { questionOf, type TagQuestion } from '../tags/tag-numbers.js'
import { staleAt } from '../tags/validity.js'
import { describe, rejects, type Operation, type OperationTable } from '../operation.js'
import { loadOptions } from '../option-checks.js'
import { noOptions, type GetOrSetOptions, type Loader } from '../options.js'
import { leftOf } from '../portions.js'
import { Operations } from './base.js'
import { forClient, type OperationContext } from './context.js'
import { turned, valueOfCopy } from './near-reads.js'

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
    const loadTags = (seen?: Milliseconds): LoadTags | undefined =>
      loadTagsOf(context, call, takesContext(loader), seen)
    if (options.refresh === true) {
      const request = requestOf(operations.getOrSet, call, 'anything', loadTags())
      return given(context, call, loads.refresh(made, loader, request) as Promise<T>)
    }
    const loadBehind = (freshness: Freshness): void =>
      loads.loadBehind(made, loader, requestOf(operations.getOrSet, call, freshness, loadTags()))
    const near = context.nearFor(options)
    if (near?.ready() !== undefined) await turned(near)
    const copy = loads.holds(made) ? undefined : near?.findValue(made)
    if (copy !== undefined) return valueOfCopy(context, copy, call.policy, loadBehind) as T
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
            if (freshness !== undefined && loads.isDue(made, freshness, now, call.policy)) loadBehind(freshness)
            return value as T
          }
          look = lookOf({ stored, state, value, entry })
        }
      } catch (error) {
        look = { replaces: replacesAfter(operations.getOrSet, context, error, { made, stored }), stale: undefined }
      }
    }
    const tags = loadTagsOf(context, call, takesContext(loader), asked?.marks.newest)
    const request = requestOf(operations.getOrSet, call, look.replaces, tags)
    const { stale } = look
    const loading = (
      stale === undefined ? loads.get(made, loader, request) : loads.getOrStale(made, loader, request, stale)
    ) as Promise<T>
    return given(context, call, loading)
  }
}

/** What is read of the options of a call. */
export interface LoadCall {
  readonly options: GetOrSetOptions
  readonly policy: LoadPolicy
  /** How long a loaded value is kept, in ms; `undefined`: for ever. */
  readonly ttl: Milliseconds | undefined
  /** What the value is tagged with. */
  readonly tags: readonly string[]
  /** For the look at the server. */
  readonly look: ClientCallOptions
  /** What was given for all of it, in ms, and when that is over. */
  readonly deadline: Milliseconds | undefined
  readonly until: Milliseconds | undefined
}

/** What was loaded, as a near cache hands values out; callers who share one object get it as the loader made it. */
export async function given<T>({ near }: OperationContext, { options }: LoadCall, loading: Promise<T>): Promise<T> {
  const value = await loading
  return near === undefined || options.share === true ? value : near.given(value)
}

/** The look takes half of a deadline at most, so that a frozen server leaves the loader some time. */
export function callOf(operation: Operation, context: OperationContext, options: GetOrSetOptions): LoadCall {
  if (options === noOptions) return plainCallOf(context)
  const policy = context.policyOf(operation, options)
  if (policy.singleFlight === 'fleet' && context.loading.singleFlight !== 'fleet')
    throw new ConfigurationError(
      `${operation.name}().singleFlight`,
      "set singleFlight: 'fleet' for this cache: its writes must know",
    )
  const ttl = context.ttlOf(options)
  const look = forClient(options)
  const { deadline } = look
  const tags = context.tagsOf(operation, options)
  if (deadline === undefined) return { options, policy, ttl, tags, look, deadline, until: undefined }
  const until = loopClock.now() + deadline
  return { options, policy, ttl, tags, look: { ...look, deadline: deadline / 2 }, deadline, until }
}

/** The options of what the look asks after its first command, which has what is left of its time. */
function lookLeft({ look, deadline = 0, until }: LoadCall): ClientCallOptions {
  return until === undefined ? look : leftOf(look, until - deadline)
}

/** Hot path: one for all calls of a cache that have no options. */
function plainCallOf(context: OperationContext): LoadCall {
  const known = plainCalls.get(context)
  if (known !== undefined) return known
  const { loading: policy, ttl } = context
  const call = { options: noOptions, policy, ttl, tags: [], look: noOptions, deadline: undefined, until: undefined }
  plainCalls.set(context, call)
  return call
}

const plainCalls = new WeakMap<OperationContext, LoadCall>()

/** What a look that ends in a load has found. */
export interface Look {
  readonly replaces: Replaces
  readonly stale: Stale | undefined
}

export const nothingFound: Look = Object.freeze({ replaces: 'nothing', stale: undefined })

/** Whether an entry is what its key has: a value, or that there is none. */
export function isServed(state: EntryState, value: unknown, entry: Opened | undefined): boolean {
  return state === 'fresh' && (value !== undefined || entry?.isAbsence() === true)
}

/** A stored value that is not served. */
export interface Unserved {
  readonly stored: Value
  readonly state: EntryState
  /** What it was decoded to. */
  readonly value: unknown
  readonly entry: Opened | undefined
}

export function lookOf({ stored, state, value, entry }: Unserved): Look {
  const freshness = entry?.fields.freshness
  if (entry === undefined || freshness === undefined || state === 'fresh')
    return { replaces: { held: stored }, stale: undefined }
  const served = state === 'stale' && value !== undefined
  return { replaces: freshness, stale: served ? { value, read: () => entry.read() } : undefined }
}

/** The time on the server's clock by which an entry is judged, in ms; what is fresh as long as it is there needs none. */
export function timeFor(
  { time }: OperationContext,
  call: LoadCall,
  made: string,
  freshness: Freshness | undefined,
): Milliseconds | Promise<Milliseconds> {
  if (freshness === undefined || freshness.until === 0) return 0
  return time.nowForReads(made) ?? time.ask(made, lookLeft(call))
}

/** The key of a look, and what was found under it. */
export interface Found {
  readonly made: string
  readonly stored: Value | undefined
}

/** What a look that failed comes to; throws what is neither an outage nor a value that cannot be read. */
export function replacesAfter(
  operation: Operation,
  { failSafe }: OperationContext,
  error: unknown,
  { made, stored }: Found,
): Replaces {
  if (isOfAnotherType(error)) return 'nothing'
  if (error instanceof CodecError) {
    failSafe.reportUnreadable(operation, error, made)
    return stored === undefined ? 'nothing' : { held: stored }
  }
  failSafe.survive(operation, error)
  return undefined
}

export function requestOf(
  operation: Operation,
  { options, policy, ttl, deadline, until }: LoadCall,
  replaces: Replaces,
  tags: LoadTags | undefined,
): LoadRequest {
  const { share = false, waitForWrite = false, signal } = options
  return { operation, policy, replaces, ttl, share, waitForWrite, tags, signal, deadline, until }
}

/**
 * What a load knows of tags; `undefined` where there are none.
 * @param open whether its loader may say more
 * @param seen the greatest number of an invalidation of its tags that is known
 */
export function loadTagsOf(
  context: OperationContext,
  { options, tags: given }: LoadCall,
  open: boolean,
  seen = 0,
): LoadTags | undefined {
  const { codec, tags } = context
  if (!codec.framed) return undefined
  const { version } = options
  return {
    given,
    open,
    seen,
    readStamp: () => (given.length > 0 ? tags.stamp(version, noOptions) : tags.optionalStamp(version)),
    freshnessOf: (key, fields) =>
      tags.freshnessOf(
        key,
        fields,
        questionOf(version, () => noOptions),
      ),
  }
}

/** What a look asks of tags, in what is left of its time. */
export function lookQuestion(call: LoadCall): TagQuestion {
  return questionOf(call.options.version, () => lookLeft(call))
}

/** How long a tagged value is fresh. Where its tags cannot be read, and there is grace, it is stale from now on. */
export function freshnessUnderTags(
  operation: Operation,
  context: OperationContext,
  made: string,
  fields: FrameFields,
  { grace }: LoadPolicy,
  asked: TagQuestion,
): Freshness | Promise<Freshness> {
  try {
    const freshness = context.tags.freshnessOf(made, fields, asked)
    if (grace === 0 || !(freshness instanceof Promise)) return freshness
    return freshness.catch((error: unknown) => staleWithoutTags(operation, context, made, fields, error))
  } catch (error) {
    if (grace === 0) throw error
    return staleWithoutTags(operation, context, made, fields, error)
  }
}

function staleWithoutTags(
  operation: Operation,
  { failSafe, time }: OperationContext,
  made: string,
  { freshness }: FrameFields,
  error: unknown,
): Freshness {
  const now = time.now(made)
  if (now === undefined) throw error
  failSafe.survive(operation, error)
  return staleAt(freshness, now)
}
