import type { TopologySnapshot } from '../clients/client.js'
import { ping } from '../clients/commands/server.js'
import { ClosedError, ConfigurationError } from '../errors.js'
import type { Key } from '../keys/key-maker.js'
import type { TopologyEvent } from '../topology/events.js'
import { callUser } from '../promises.js'
import { CacheTelemetry } from '../telemetry/cache-telemetry.js'
import { monotonicClock, show, timerDelay } from '../units.js'
import { loadsOf, runnerOf, type CacheParts, type WatchedParts } from './cache-parts.js'
import type { ClientRunner } from './client-runner.js'
import { FailSafe } from './fail-safe.js'
import { defaultPolicy } from './load-policy.js'
import { RunningLoads } from './loads/running-loads.js'
import type { LockOptions } from './lock-options.js'
import { Lock } from './lock.js'
import { memoOf } from './memo-view.js'
import { nearOf } from './near/near-part.js'
import { AllOperations } from './operations/all.js'
import { forClient, OperationContext } from './operations/context.js'
import { describe, rejects, type OperationTable } from './operation.js'
import { lockOptions, unansweredReadOptions } from './option-checks.js'
import { checkOptions } from './option-table.js'
import { noOptions, type ReadOptions, type Unanswered } from './options.js'
import { ServerTime } from './server-time.js'
import { cacheStats, type CacheStats } from './stats.js'
import { EvictionAdvice } from './tags/eviction-advice.js'
import { TagNumbers } from './tags/tag-numbers.js'
import { TypedCache, type TypedDefinition } from './typed.js'
import { typedParts } from './typed-parts.js'
import { WatchedClient } from './watched-client.js'
import { wrapped, type AnyFunction, type WrapOptions, type Wrapped } from './wrap.js'
import { WriteWatch } from './write-watch.js'

const operations = describe({
  ping: { takes: unansweredReadOptions, outage: rejects },
})

/** The events of a cache, by name. */
export type CacheEvents = { readonly [Event in TopologyEvent as Event['type']]: Event }

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
  readonly #runner: ClientRunner
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
      telemetry = new CacheTelemetry(name),
      isDeleted = () => false,
      isKept = () => false,
    } = made
    const client = new WatchedClient(made.client, writes)
    const watched = { ...made, writes, running, telemetry }
    const { runner = runnerOf(watched) } = made
    const failSafe = new FailSafe(made.failSafe, name, reporter)
    const time = new ServerTime(made.client, (error) => reporter.advise('CLOCK', noTime(name, error)))
    const loads = made.loads ?? loadsOf(watched, { failSafe, time })
    const advice = new EvictionAdvice(made.client, (policy) => reporter.advise('EVICTION', mayEvict(name, policy)))
    const tags = new TagNumbers({ runner, keys, time, advice, isKept })
    const read = { client: made.client, runner, keys, time, tags, policy: loading, isDeleted }
    const near = made.near && nearOf(made.near, read)
    const shared = { client, runner, keys, codec, failSafe, loads, writes, ttl, loading, time, tags, telemetry }
    super(new OperationContext({ ...shared, near }))
    this.name = name
    this.#made = { ...watched, runner }
    this.#runner = runner
    this.#running = running
  }

  /** @internal Whether `get` gives a value past its ttl to some of its callers, as herd protection does. */
  get servesPastTtl(): boolean {
    return this.context.loading.herdTimeout !== undefined
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
  async ping(options: Unanswered<ReadOptions> = noOptions): Promise<void> {
    this.context.check(operations.ping, options)
    return this.context.client.execute(ping(), forClient(options))
  }

  /** Gives the servers as they are known now: who is primary and who is not. Asks nobody. */
  topology(): TopologySnapshot {
    return this.context.client.topology()
  }

  /** Gives what the cache has counted since it was made. Asks nobody. */
  stats(): CacheStats {
    return cacheStats(this.#made)
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
    const timer = setTimeout(giveUp, timerDelay(this.#made.closeTimeout))
    const running = this.#running.close()
    if (this.#runner.busy || this.#running.busy)
      await Promise.race([Promise.all([this.#runner.close(), running]), late])
    await this.context.client.close().finally(() => clearTimeout(timer))
  }
}

/** Its class is a cache too, so it is made of this one. */
const Memo = memoOf(Cache)

function noTime(name: string, error: unknown): string {
  const advice = 'allow TIME to its user, or see to it that the clocks of all hosts agree'
  return `Cache '${name}' goes by this host's clock, for a server does not tell the time (${String(error)}); ${advice}.`
}

function mayEvict(name: string, policy: string): string {
  return (
    `Cache '${name}' has tags, and its server may evict what it remembers of them (maxmemory-policy ${policy}): values ` +
    'that were invalidated would be served again. Set maxmemory-policy noeviction.'
  )
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
