import { concatenated, sizeOf, split } from '../../clients/split.js'
import type { Call } from '../../clients/command.js'
import { mgetReached, unreached } from '../../clients/commands/strings.js'
import type { Value } from '../../codec/value.js'
import type { Opened } from '../../codec/codec.js'
import type { Freshness } from '../../codec/frame.js'
import type { Key } from '../../keys/key-maker.js'
import { settleAll } from '../../promises.js'
import { show } from '../../units.js'
import { listOf } from '../input.js'
import { stateOf } from '../loads/entry-state.js'
import { LoaderBatch } from '../loads/loader-batch.js'
import type { LoadRequest } from '../loads/load-request.js'
import type { Replaces } from '../loads/outcome.js'
import { takesManyContext } from '../loads/takes-context.js'
import type { Held, Near } from '../near/reads.js'
import type { Seen as NearSeen } from '../near/seen.js'
import { describe, rejects, type OperationTable } from '../operation.js'
import { loadOptions } from '../option-checks.js'
import { noOptions, type GetOrSetOptions, type ManyLoader } from '../options.js'
import { sharedStamp, type LoadTags, type ReadStamp } from '../tags/load-tags.js'
import type { TagQuestion } from '../tags/tag-numbers.js'
import { Operations } from './base.js'
import type { OperationContext } from './context.js'
import { callOf, given, loadTagsOf, lookQuestion, requestOf, type LoadCall } from './load-call.js'
import { freshnessUnderTags, isServed, lookOf, nothingFound, replacesAfter, timeFor, type Look } from './look.js'
import { dueFreshness, lookUpMany, nearFor, turned, unreadable, valueOf } from './near-reads.js'
import { tagsIn } from './values.js'

const operations = describe({
  getOrSetMany: { takes: loadOptions, outage: rejects },
})

/** Many values, of which those are made that are missing. */
export class LoadingMany extends Operations {
  static readonly operations: OperationTable = operations

  /**
   * Reads many values in one round trip, and loads those that are not there in one call of the loader; they are written
   * back together. Resolves to a Map in the order asked, without the keys that the loader left out. Each key is loaded,
   * joined and kept as by `getOrSet`: the loader is not asked for what is being loaded in this process, and what is
   * written or deleted meanwhile is not kept. Stale values are served within their `grace`, and loaded anew in the
   * background, in another call of the loader.
   * @throws what the loader throws, unless all that it was asked for may be served stale
   * @throws {KeyError} E_KEY when the loader gives a value for a key that it was not asked for
   * @throws {CommandTimeoutError} E_TIMEOUT when a `deadline` or `loaderDeadline` is over before the loader has ended
   * @example
   * const users = await cache.getOrSetMany(['user:1', 'user:2'], (missing) => findUsers(missing), { ttl: '10m' })
   */
  async getOrSetMany<T>(
    keys: Iterable<Key>,
    loadMissing: ManyLoader<T | undefined>,
    options: GetOrSetOptions = noOptions,
  ): Promise<Map<Key, T>> {
    const { context } = this
    const asked = listOf(keys, 'keys')
    const made = context.keysOf(operations.getOrSetMany, asked, options)
    if (typeof loadMissing !== 'function') throw new TypeError(`A loader must be a function, got ${show(loadMissing)}.`)
    const call = callOf(operations.getOrSetMany, context, options)
    const keyOf = new Map(made.map((key, index) => [key, asked[index] as Key]))
    const values = await valuesOf<T>(context, call, keyOf, loadMissing)
    return new Map(
      asked.flatMap((key, index) => {
        const value = values.get(made[index] as string)
        return value === undefined ? [] : [[key, value] as const]
      }),
    )
  }
}

/** What is there: a value that is served, and what is loaded behind it; or what a load begins with. */
type Seen = Served | Look

interface Served {
  readonly value: unknown
  readonly due: Freshness | undefined
}

/** Reads or loads the values of some keys, which are given as the server knows them and as the loader does. */
async function valuesOf<T>(
  context: OperationContext,
  call: LoadCall,
  keyOf: ReadonlyMap<string, Key>,
  loadMissing: ManyLoader<T | undefined>,
): Promise<ReadonlyMap<string, T | undefined>> {
  const keys = [...keyOf.keys()]
  const question = lookQuestion(call)
  const load = loadsOf(context, call, loadMissing, question)
  const refresh = call.options.refresh === true
  const joins = !refresh && call.tags.length === 0
  const held = new Set(joins ? keys.filter((key) => context.loads.holds(key)) : [])
  const look = refresh
    ? nothingSeen
    : lookAtAll(
        context,
        call,
        keys.filter((key) => !held.has(key)),
        question,
      )
  // What is in hand is joined before anything is waited for: once it is written back, it would be loaded again.
  const loading = keys.map(async (key) => {
    const seen = held.has(key) ? nothingFound : (await look).get(key)
    return load(key, keyOf.get(key) as Key, seen) as Promise<T | undefined>
  })
  const values = await settleAll(loading)
  return new Map(keys.map((key, index) => [key, values[index]]))
}

/** Nobody has looked. */
const nothingSeen: ReadonlyMap<string, Seen> = new Map()

/** Looks at some keys in one trip. */
async function lookAtAll(
  context: OperationContext,
  call: LoadCall,
  keys: readonly string[],
  question: TagQuestion,
): Promise<ReadonlyMap<string, Seen>> {
  if (keys.length === 0) return nothingSeen
  const spares = (error: unknown): boolean => context.failSafe.spares(operations.getOrSetMany, error)
  const near = nearFor(context, call.options)
  if (near !== undefined) return lookNear(context, call, keys, { near, question, spares })
  const reading = storedOf(context, call, keys, question, spares)
  return lookAtEach(context, keys, reading, (key, stored) => lookAt(context, call, key, stored, question))
}

/** Asks the servers for values, and for what has to be known of their tags. */
async function storedOf(
  { codec, runner, tags }: OperationContext,
  call: LoadCall,
  keys: readonly string[],
  question: TagQuestion,
  spares: (error: unknown) => boolean,
): Promise<readonly Stored[]> {
  const make = (part: readonly string[]): Call<readonly Stored[]> => mgetReached(part, codec.reads, spares)
  const reads = split(keys, { size: sizeOf, make, join: concatenated })
  const [stored] = await Promise.all([runner.runSplit(reads, call.look), tags.learn(call.tags, question)])
  if (codec.framed) await tags.learn(tagsIn(stored.filter((one) => one !== unreached)), question)
  return stored
}

/** Looks at what was read of each key; where all of it failed, no key has been looked at. */
async function lookAtEach<Read>(
  context: OperationContext,
  keys: readonly string[],
  reading: Promise<readonly Read[]>,
  look: (key: string, read: Read) => Promise<Seen>,
): Promise<ReadonlyMap<string, Seen>> {
  try {
    const read = await reading
    const looks = await settleAll(keys.map((key, index) => look(key, read[index] as Read)))
    return new Map(keys.map((key, index) => [key, looks[index] as Seen]))
  } catch (error) {
    const replaces = replacesAfter(operations.getOrSetMany, context, error, { made: '', stored: undefined })
    return new Map(keys.map((key) => [key, { replaces, stale: undefined }]))
  }
}

/** What a look asks beside its keys. */
interface Asking {
  readonly near: Near
  readonly question: TagQuestion
  readonly spares: (error: unknown) => boolean
}

/** As {@link lookAtAll}; the servers are asked for what memory does not have. */
async function lookNear(
  context: OperationContext,
  call: LoadCall,
  keys: readonly string[],
  { near, question, spares }: Asking,
): Promise<ReadonlyMap<string, Seen>> {
  call.options.signal?.throwIfAborted()
  if (near.ready() !== undefined) await turned(near)
  const { held, asked } = await lookUpMany<Served, Seen>(near, keys, {
    find: (key) => near.findValue(key),
    handOut: (copy) => servedOf(context, call, near, copy),
    ask: (missing) => {
      const reading = near.readMany(missing, question, { named: call.tags, spares })
      return lookAtEach(context, missing, reading, (key, seen) => lookAtSeen(context, call, key, seen, question))
    },
  })
  const served = held.filter((one) => one !== unreadable)
  const absent = served.filter(({ value }) => value === undefined).length
  context.telemetry.read('near', served.length - absent)
  context.telemetry.read('misses', absent)
  const seenOf = (key: string, index: number): Seen | undefined => {
    const served = held[index]
    return served === unreadable ? asked.get(key) : served
  }
  return new Map(keys.map((key, index) => [key, seenOf(key, index) as Seen]))
}

async function servedOf(
  context: OperationContext,
  { policy }: LoadCall,
  near: Near,
  copy: Held,
): Promise<Served | typeof unreadable> {
  const due = dueFreshness(context, copy, policy)
  const value = await valueOf(near, copy)
  return value === unreadable ? unreadable : { value, due }
}

async function lookAtSeen(
  context: OperationContext,
  call: LoadCall,
  key: string,
  seen: NearSeen | undefined | typeof unreached,
  question: TagQuestion,
): Promise<Seen> {
  return seen === undefined || seen === unreached
    ? lookAt(context, call, key, seen, question)
    : lookAt(context, call, key, seen.stored, question, seen.entry)
}

/** What the servers say of a key. */
type Stored = Value | undefined | typeof unreached

async function lookAt(
  context: OperationContext,
  call: LoadCall,
  key: string,
  stored: Stored,
  question: TagQuestion,
  opened?: Opened,
): Promise<Seen> {
  if (stored === undefined) return nothingFound
  if (stored === unreached) return { replaces: undefined, stale: undefined }
  const { codec, loads } = context
  try {
    const entry = opened ?? (codec.framed ? codec.open(stored, key) : undefined)
    let freshness = entry?.fields.freshness
    if (entry?.fields.tagField !== undefined)
      freshness = await freshnessUnderTags(operations.getOrSetMany, context, key, entry.fields, call.policy, question)
    const now = await timeFor(context, call, key, freshness)
    const state = stateOf(freshness, now, call.policy, Math.random())
    const value = await (entry === undefined ? codec.decode(stored, key) : entry.read())
    if (!isServed(state, value, entry)) return lookOf({ stored, state, value, entry })
    context.telemetry.read(value === undefined ? 'misses' : 'hits')
    const due = freshness !== undefined && loads.isDue(key, freshness, now, call.policy)
    return { value, due: due ? freshness : undefined }
  } catch (error) {
    const replaces = replacesAfter(operations.getOrSetMany, context, error, { made: key, stored })
    return { replaces, stale: undefined }
  }
}

/** Makes the function that gives the value of one key: what was seen, or what is loaded. */
function loadsOf(
  context: OperationContext,
  call: LoadCall,
  loadMissing: ManyLoader<unknown>,
  question: TagQuestion,
): (made: string, key: Key, seen: Seen | undefined) => Promise<unknown> {
  const { loads } = context
  let readStamp: ReadStamp | undefined
  const tags = (): LoadTags | undefined => {
    const own = loadTagsOf(context, call, takesManyContext(loadMissing), question.marks.newest)
    return own && { ...own, readStamp: (readStamp ??= sharedStamp(own.readStamp)) }
  }
  const missing = new LoaderBatch(loadMissing)
  const behind = new LoaderBatch(loadMissing)
  const writer = loads.writeBatch()
  // One call loads for many keys, so it waits for no other process: what one of those loads is loaded here too, and not kept.
  const own: LoadCall = { ...call, policy: { ...call.policy, singleFlight: 'process' } }
  // Hot path: keys that are missing share one request, as long as no newer invalidation is known.
  const last = new Map<LoaderBatch, LoadRequest>()
  const request = (replaces: Replaces, batch: LoaderBatch): LoadRequest => {
    const same = last.get(batch)
    const { newest } = question.marks
    if (same !== undefined && same.replaces === replaces && (same.tags?.seen ?? newest) === newest) return same
    const made = {
      ...requestOf(operations.getOrSetMany, context, own, replaces, tags()),
      writer,
      onEnter: (turn: Promise<unknown>) => batch.waitFor(turn),
    }
    last.set(batch, made)
    return made
  }
  return async (made, key, seen) => {
    if (seen === undefined)
      return given(context, call, loads.refresh(made, missing.loaderOf(key), request('anything', missing)))
    if ('value' in seen) {
      if (seen.due !== undefined) loads.loadBehind(made, behind.loaderOf(key), request(seen.due, behind))
      return seen.value
    }
    const { replaces, stale } = seen
    if (stale === undefined) {
      context.telemetry.read('misses')
      return given(context, call, loads.get(made, missing.loaderOf(key), request(replaces, missing)))
    }
    return given(context, call, loads.getOrStale(made, behind.loaderOf(key), request(replaces, behind), stale))
  }
}
