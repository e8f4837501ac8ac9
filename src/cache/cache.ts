import type { Client, TopologySnapshot } from '../clients/client.js'
import { ping } from '../clients/commands/server.js'
import type { Codec } from '../codec/codec.js'
import { ClosedError, ConfigurationError } from '../errors.js'
import type { Key, KeyMaker } from '../keys/key-maker.js'
import type { Reporter } from '../telemetry/reporter.js'
import type { TopologyEvent } from '../topology/events.js'
import { callUser, settleAll } from '../promises.js'
import { longestTimer, monotonicClock, show, type Milliseconds } from '../units.js'
import { ClientRunner } from './client-runner.js'
import { FailSafe } from './fail-safe.js'
import { fleetGuards } from './fleet/fleet-guard.js'
import { Fleet } from './fleet/fleet.js'
import { FleetWrites } from './fleet/fleet-writes.js'
import { listOf } from './input.js'
import { defaultPolicy, type LoadPolicy } from './load-policy.js'
import { Loads } from './loads/loads.js'
import { RunningLoads } from './loads/running-loads.js'
import type { LockOptions } from './lock-options.js'
import { Lock } from './lock.js'
import { Answers, MemoCodec } from './memo.js'
import { combine, type Group } from './operations/combine.js'
import { forClient, OperationContext } from './operations/context.js'
import { Counters } from './operations/counters.js'
import { EscapeHatches } from './operations/escape-hatches.js'
import { Expiry } from './operations/expiry.js'
import { Hashes } from './operations/hashes.js'
import { KeySpace } from './operations/key-space.js'
import { Loading } from './operations/loading.js'
import { LoadingMany } from './operations/loading-many.js'
import { Scans } from './operations/scans.js'
import { Sets } from './operations/sets.js'
import { SortedSets } from './operations/sorted-sets.js'
import { Values } from './operations/values.js'
import { describe, rejects, type OperationTable } from './operation.js'
import { checkOptions, getOptions, loadOptions, lockOptions, readOptions } from './option-checks.js'
import {
  noOptions,
  type GetOptions,
  type GetOrSetOptions,
  type Loader,
  type ManyLoader,
  type ReadOptions,
} from './options.js'
import { TypedCache, typedParts, type TypedDefinition } from './typed.js'
import { ServerTime } from './server-time.js'
import { WatchedClient } from './watched-client.js'
import { wrapped, type AnyFunction, type WrapOptions, type Wrapped } from './wrap.js'
import { WriteWatch } from './write-watch.js'

const operations = describe({
  ping: { takes: readOptions, outage: rejects },
})

/** What a cache is made of. */
export interface CacheParts {
  readonly name: string
  readonly client: Client
  /** That of another cache on the same client. @default one of its own */
  readonly runner?: ClientRunner | undefined
  /** That of another cache on the same client. @default one of its own */
  readonly writes?: WriteWatch
  /** That of another cache on the same client. @default one of its own */
  readonly running?: RunningLoads
  /** Those of another cache with the same codec on the same client. @default its own */
  readonly loads?: Loads
  readonly keys: KeyMaker
  readonly codec: Codec
  readonly reporter: Reporter
  /** Whether an outage is a miss. */
  readonly failSafe: boolean
  /** Kept by default for this long; `undefined`: for ever. */
  readonly ttl: Milliseconds | undefined
  /** How values are loaded where a call does not say otherwise. @default as no option says otherwise */
  readonly loading?: LoadPolicy
  /** How long servers may take to answer a read, in ms. @default 1000 */
  readonly readDeadline?: Milliseconds | undefined
  /** How long close() waits for what runs, in ms. */
  readonly closeTimeout: Milliseconds
}

/** The parts of a cache whose writes can be heard of, and whose loads are waited for. */
type WatchedParts = CacheParts & Required<Pick<CacheParts, 'writes' | 'running'>>

/** The events of a cache, by name. */
export type CacheEvents = { readonly [Event in TopologyEvent as Event['type']]: Event }

type AllOperations = Values &
  Counters &
  Expiry &
  Sets &
  Hashes &
  SortedSets &
  Scans &
  KeySpace &
  Loading &
  LoadingMany &
  EscapeHatches

const AllOperations: Group<AllOperations> = combine(
  Values,
  Counters,
  Expiry,
  Sets,
  Hashes,
  SortedSets,
  Scans,
  KeySpace,
  Loading,
  LoadingMany,
  EscapeHatches,
)

/**
 * One named cache: keys and values of its users on one side, a client on the other. The operations stand in
 * `operations/`, a group in a file; this is what they make together, and how it begins and ends.
 * Errors: every method rejects with a {@link CacheError}; `signal` rejects with its own reason. Outages surface as
 * ConnectionError, TopologyError or CommandTimeoutError, never as a hang; with `failSafe` they are misses.
 * Source: the method names and their meaning are django-valkey's, in milliseconds and without its defects.
 */
export class Cache extends AllOperations {
  /** @internal */
  static override readonly operations: OperationTable = { ...AllOperations.operations, ...operations }

  readonly name: string
  readonly #made: WatchedParts
  /** @internal */
  protected readonly runner: ClientRunner
  readonly #running: RunningLoads
  #closing: Promise<void> | undefined

  /** @internal `createCaches` makes them. */
  constructor(made: CacheParts) {
    const {
      name,
      keys,
      codec,
      reporter,
      ttl,
      loading = defaultPolicy,
      writes = new WriteWatch(),
      running = new RunningLoads(),
    } = made
    const client = new WatchedClient(made.client, writes)
    const { runner = runnerFor(client, made) } = made
    const failSafe = new FailSafe(made.failSafe, name, reporter)
    const time = new ServerTime(made.client, (error) => reporter.advise('CLOCK', noTime(name, error)))
    const loads = made.loads ?? loadsOf({ ...made, writes, running }, { failSafe, time })
    super(new OperationContext({ client, runner, keys, codec, failSafe, loads, writes, ttl, loading, time }))
    this.name = name
    this.#made = { ...made, runner, writes, running }
    this.runner = runner
    this.#running = running
  }

  /**
   * Makes a lock under a key, which excludes all other processes, Python's too. It asks no server before `acquire`.
   * @throws {ConfigurationError} E_CONFIG for an option that is none, at once
   * @example
   * await using lock = await cache.lock('report', { ttl: '1m' }).acquire()
   */
  lock(key: Key, options: LockOptions = noOptions): Lock {
    checkOptions('lock', lockOptions, options)
    return new Lock(this.context.client, this.context.keys, key, options, monotonicClock)
  }

  /**
   * Makes a cache of the values under some keys as a schema has them; values are checked when they are written and
   * read.
   * @example
   * const users = cache.typed({ key: (id: number) => `user:${id}`, schema: z.object({ name: z.string() }) })
   */
  typed<Part, Input, Output>(definition: TypedDefinition<Part, Input, Output>): TypedCache<Part, Input, Output> {
    return new TypedCache(new Cache(typedParts(this.#made, definition)), definition)
  }

  /**
   * Makes a function that asks the cache first, and runs `fn` when the value is not there, as `getOrSet` does: with the
   * same arguments and the same `this`. The errors of `fn` reach its callers, and nothing is kept of them.
   * @throws {ConfigurationError} E_CONFIG when `key` is no function, and for an option that is none, at once
   * @throws {TypeError} when `fn` is no function, at once
   * @example
   * const findUser = cache.wrap((id: number) => db.user(id), { key: (id) => `user:${id}`, ttl: '10m' })
   * const ada = await findUser(1)
   */
  wrap<Fn extends AnyFunction>(fn: Fn, options: WrapOptions<Fn>): Wrapped<Fn>
  wrap(fn: () => unknown, options: WrapOptions<() => unknown>): Wrapped<() => unknown> {
    return wrapped(this, fn, options)
  }

  /**
   * Makes a view of this cache for one request: `get`, `getMany`, `getOrSet` and wrapped functions read each key once
   * and remember what they found, also that there was nothing. What is written through the view is seen at once;
   * what is written by others is not. Everything else is as in the cache itself. It holds all that it has read until it is
   * dropped, so it is for a request and not for a process. Closing it forgets what it has read, and ends nothing.
   * @example
   * const memo = cache.memo()
   * const [user, same] = await Promise.all([memo.get('user:1'), memo.get('user:1')]) // read once, two objects
   */
  memo(): Cache {
    const writes = new WriteWatch()
    writes.add(this.#made.writes)
    return new Memo(this.#made, this.context.loads, writes)
  }

  /** Resolves when a server that reads go to has answered. */
  async ping(options: ReadOptions = noOptions): Promise<void> {
    this.context.check(operations.ping, options)
    return this.context.client.execute(ping(), forClient(options))
  }

  /** Gives the servers as they are known now: who is primary and who is not. Asks nobody. */
  topology(): TopologySnapshot {
    return this.context.client.topology()
  }

  /**
   * Listens to changes of the topology; returns the function that stops it. A listener may be async; what it throws or
   * rejects with is reported and harms nobody else.
   */
  on<Name extends keyof CacheEvents>(name: Name, listener: (event: CacheEvents[Name]) => unknown): () => void {
    if (!eventNames.includes(name))
      throw new ConfigurationError('on', `no event is called ${show(name)}; there are ${eventNames.join(', ')}`)
    return this.context.client.onTopology((event) => {
      if (event.type !== name) return
      const message = `A '${name}' listener of cache '${this.name}' failed`
      const context = { kind: 'LISTENER', cache: this.name, operation: name } as const
      callUser(
        () => listener(event as CacheEvents[Name]),
        (error) => this.#made.reporter.report(message, error, context),
      )
    })
  }

  /**
   * Finishes what runs, loaders and what they write back included, for `closeTimeout` at most, then stops. Later calls
   * reject with ClosedError.
   */
  close(): Promise<void> {
    return (this.#closing ??= this.#close())
  }

  /** Stops now; what runs rejects, and the signals of loaders abort. */
  destroy(error?: Error): void {
    this.#running.end(error ?? new ClosedError('the cache'))
    this.context.client.destroy(error)
  }

  /** As {@link close}, at the end of an `await using` block. */
  [Symbol.asyncDispose](): Promise<void> {
    return this.close()
  }

  async #close(): Promise<void> {
    let giveUp!: () => void
    const late = new Promise<void>((resolve) => (giveUp = resolve)).then(() => this.destroy())
    const timer = setTimeout(giveUp, Math.min(this.#made.closeTimeout, longestTimer))
    const running = this.#running.close()
    if (this.runner.busy || this.#running.busy) await Promise.race([Promise.all([this.runner.close(), running]), late])
    await this.context.client.close().finally(() => clearTimeout(timer))
  }
}

/** The writes of a cache whose loads other processes wait for take those loads away. */
function runnerFor(client: Client, { loading, keys }: CacheParts): ClientRunner {
  return new ClientRunner(loading?.singleFlight === 'fleet' ? new FleetWrites(client, keys) : client)
}

/** Its locks are had, or not, within the time of a look. */
function fleetOf({ name, client, reporter, readDeadline: time = 1_000 }: CacheParts): Fleet {
  const mute = (error: Error): void => reporter.advise('CHANNELS', noChannels(name, error))
  return new Fleet({ client, clock: monotonicClock, time, mute })
}

function noChannels(name: string, error: Error): string {
  const advice = 'allow SSUBSCRIBE, SPUBLISH and the channels of its prefix to its user'
  return `Cache '${name}' looks every 50 ms whether other processes have loaded, for it may not subscribe (${error.message}); ${advice}.`
}

function noTime(name: string, error: unknown): string {
  const advice = 'allow TIME to its user, or see to it that the clocks of all hosts agree'
  return `Cache '${name}' goes by this host's clock, for a server does not tell the time (${String(error)}); ${advice}.`
}

/** A view of a cache that reads each key once. It stands here because `cache.memo` makes it, and it is a cache. */
class Memo extends Cache {
  readonly #cache: WatchedParts
  readonly #writes: WriteWatch
  readonly #answers: Answers

  /**
   * @param cache the parts of the cache itself
   * @param loads those of the cache: one loader at a time runs for a key, whatever memo asks
   * @param writes tells of writes through this memo, and through those that were given the same
   */
  constructor(cache: WatchedParts, loads: Loads, writes: WriteWatch) {
    const answers = new Answers(cache.codec)
    super({ ...cache, codec: new MemoCodec(cache.codec, answers), runner: undefined, writes, loads })
    writes.add(answers)
    this.#cache = cache
    this.#writes = writes
    this.#answers = answers
  }

  /** What is stale is given where it is asked for, and not remembered. */
  override async get<T>(key: Key, options: GetOptions = noOptions): Promise<T | undefined> {
    checkOptions('get', getOptions, options)
    const limits = forClient(options)
    const made = this.#current(this.makeKey(key, versionOf(options)))
    const read = (): Promise<T | undefined> => super.get<T>(key, options)
    if (options.stale !== true) return this.#answers.get(made, limits, read)
    const known = await this.#answers.recall<T>(made, limits)
    return known === undefined ? read() : known
  }

  override async getMany<T>(keys: Iterable<Key>, options: ReadOptions = noOptions): Promise<Map<Key, T>> {
    checkOptions('getMany', readOptions, options)
    const limits = forClient(options)
    const asked = this.#asked(keys, options)
    const known = asked.map(({ made }) => this.#answers.recall<T>(made, limits))
    const unknown = asked.filter((_, index) => known[index] === undefined)
    const reading = super.getMany<T>(unknown.map(keyOf), options)
    const read = async (key: Key): Promise<T | undefined> => (await reading).get(key)
    const values = asked.map(({ key, made }, index) => known[index] ?? this.#answers.get(made, limits, () => read(key)))
    return found(asked, await settleAll(values))
  }

  override async getOrSet<T>(key: Key, loader: Loader<T>, options: GetOrSetOptions = noOptions): Promise<T> {
    checkOptions('getOrSet', loadOptions, options)
    const made = this.#current(this.makeKey(key, versionOf(options)))
    const load = (): Promise<T> => super.getOrSet(key, loader, options)
    if (options.refresh === true) return this.#answers.reload(made, forClient(options), load)
    return this.#answers.load(made, forClient(options), load)
  }

  override async getOrSetMany<T>(
    keys: Iterable<Key>,
    loadMissing: ManyLoader<T | undefined>,
    options: GetOrSetOptions = noOptions,
  ): Promise<Map<Key, T>> {
    checkOptions('getOrSetMany', loadOptions, options)
    const limits = forClient(options)
    const asked = this.#asked(keys, options)
    const recall = ({ made }: Asked): Promise<T | undefined> | undefined => this.#answers.loaded<T>(made, limits)
    const known = await settleAll(asked.map((one) => (options.refresh === true ? undefined : recall(one))))
    const unknown = asked.filter((_, index) => known[index] === undefined)
    const loading = super.getOrSetMany<T>(unknown.map(keyOf), loadMissing, options)
    const load = async (key: Key): Promise<T | undefined> => (await loading).get(key)
    const values = asked.map(({ key, made }, index) =>
      known[index] === undefined ? this.#answers.reload(made, limits, () => load(key)) : known[index],
    )
    return found(asked, await settleAll(values))
  }

  override typed<Part, Input, Output>(
    definition: TypedDefinition<Part, Input, Output>,
  ): TypedCache<Part, Input, Output> {
    const parts = typedParts(this.#cache, definition)
    return new TypedCache(new Memo(parts, loadsOf(parts, this.context), this.#writes), definition)
  }

  override close(): Promise<void> {
    this.#answers.clear()
    return Promise.resolve()
  }

  override destroy(): void {
    this.#answers.clear()
  }

  #asked(keys: Iterable<Key>, options: ReadOptions): readonly Asked[] {
    return listOf(keys, 'keys').map((key) => ({ key, made: this.#current(this.makeKey(key, versionOf(options))) }))
  }

  /** A key whose value is still being encoded is about to be written. */
  #current(made: string): string {
    if (this.runner.waits(made)) this.#answers.onWrite([made])
    return made
  }
}

function loadsOf(parts: WatchedParts, { failSafe, time }: Pick<OperationContext, 'failSafe' | 'time'>): Loads {
  const { client, codec, keys, writes, running, loading } = parts
  const isFleet = loading?.singleFlight === 'fleet'
  const guard = isFleet ? fleetGuards({ fleet: fleetOf(parts), client, codec, time }, keys) : undefined
  return new Loads({ client, codec, time, failSafe, writes, running, guard })
}

/** A key as it was given, and as the server knows it. */
interface Asked {
  readonly key: Key
  readonly made: string
}

function keyOf({ key }: Asked): Key {
  return key
}

function found<T>(asked: readonly Asked[], values: readonly (T | undefined)[]): Map<Key, T> {
  const pairs = asked.map(({ key }, index) => [key, values[index]] as const)
  return new Map(pairs.filter((pair): pair is readonly [Key, T] => pair[1] !== undefined))
}

function versionOf({ version }: ReadOptions): Pick<ReadOptions, 'version'> {
  return { version }
}

/** The compiler sees to it that none is missing. */
const events: Readonly<Record<keyof CacheEvents, true>> = {
  'primary-changed': true,
  'primary-demoted': true,
  'slots-moved': true,
  'replica-added': true,
  'replica-removed': true,
  'replica-ejected': true,
  'replica-restored': true,
  'sentinel-lost': true,
  'sentinel-found': true,
  disagreement: true,
}
const eventNames: readonly string[] = Object.keys(events)
