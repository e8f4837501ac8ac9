import type { CallOptions as ClientCallOptions, Client, TopologySnapshot } from '../clients/client.js'
import { incrementBy, incrementExisting } from '../clients/commands/counters.js'
import { persist, pexpire, pttl } from '../clients/commands/expiry.js'
import { scan } from '../clients/commands/scan.js'
import { ping } from '../clients/commands/server.js'
import type { Call, Value } from '../clients/command.js'
import { exists, get, mget, set, unlink, type SetCondition } from '../clients/commands/strings.js'
import type { Codec } from '../codec/codec.js'
import { ErrorReply } from '../connection/connection.js'
import { ClosedError, CommandError, ConfigurationError, KeyNotFoundError, UnsupportedError } from '../errors.js'
import type { Key, KeyMaker } from '../keys/key-maker.js'
import type { Reporter } from '../telemetry/reporter.js'
import type { TopologyEvent } from '../topology/events.js'
import { longestTimer, monotonicClock, show, toMilliseconds, type Milliseconds } from '../units.js'
import type { LockOptions } from './lock-options.js'
import { Lock } from './lock.js'
import type { CallOptions, IncrementOptions, Loader, ReadOptions, SetOptions, TtlOptions } from './options.js'
import { isOutage } from './outage.js'
import { SingleFlight } from './single-flight.js'
import { resolveTtl } from './ttl.js'
import { TypedCache, typedParts, type TypedDefinition } from './typed.js'

/** What a cache is made of. */
export interface CacheParts {
  readonly name: string
  readonly client: Client
  readonly keys: KeyMaker
  readonly codec: Codec
  readonly reporter: Reporter
  /** Kept by default for this long; `undefined`: for ever. */
  readonly ttl: Milliseconds | undefined
  /** How long close() waits for what runs, in ms. */
  readonly closeTimeout: Milliseconds
}

/** The events of a cache, by name. */
export type CacheEvents = { readonly [Event in TopologyEvent as Event['type']]: Event }

/**
 * One named cache: keys and values of its users on one side, a client on the other.
 * Errors: every method rejects with a {@link CacheError}; `signal` rejects with its own reason. Outages surface as
 * ConnectionError, TopologyError or CommandTimeoutError, never as a hang.
 * Source: the method names and their meaning are django-valkey's, in milliseconds and without its defects.
 */
export class Cache {
  readonly name: string
  readonly #parts: CacheParts
  readonly #client: Client
  readonly #keys: KeyMaker
  readonly #codec: Codec
  readonly #reporter: Reporter
  readonly #ttl: Milliseconds | undefined
  readonly #closeTimeout: Milliseconds
  readonly #flights = new SingleFlight()
  #closing: Promise<void> | undefined

  constructor(parts: CacheParts) {
    this.name = parts.name
    this.#parts = parts
    this.#client = parts.client
    this.#keys = parts.keys
    this.#codec = parts.codec
    this.#reporter = parts.reporter
    this.#ttl = parts.ttl
    this.#closeTimeout = parts.closeTimeout
  }

  /** The value, or `undefined`, also when another program keeps something there that is no value, such as a list. */
  async get<T>(key: Key, options: ReadOptions = {}): Promise<T | undefined> {
    const made = this.#keys.make(key, options.version)
    try {
      const stored = await this.#client.execute(get(made, this.#codec.reads), forClient(options))
      return await this.#decode<T>(stored, made)
    } catch (error) {
      if (isOfAnotherType(error)) return undefined
      throw error
    }
  }

  /** The values that are there, in the order asked, in one round trip. */
  async getMany<T>(keys: Iterable<Key>, options: ReadOptions = {}): Promise<Map<Key, T>> {
    const asked = [...keys]
    if (asked.length === 0) return new Map()
    const made = asked.map((key) => this.#keys.make(key, options.version))
    const stored = await this.#client.execute(mget(made, this.#codec.reads), forClient(options))
    const found = await Promise.all(made.map(async (key, index) => this.#decode<T>(stored[index], key)))
    return new Map(
      asked.flatMap((key, index) => (found[index] === undefined ? [] : [[key, found[index] as Awaited<T>] as const])),
    )
  }

  /** Whether it was written: false when `nx` or `xx` refused. A ttl of 0 or less deletes. */
  async set(key: Key, value: unknown, options: SetOptions = {}): Promise<boolean> {
    const only = condition(options)
    const ttl = this.#ttlOf(options)
    const made = this.makeKey(key, options)
    const encoded = await this.#codec.encode(value, made)
    if (!isOver(ttl)) return this.#client.execute(set(made, encoded, { ttl, only }), forClient(options))
    if (only === 'NX') return !(await this.has(key, { ...options, readFrom: 'primary' }))
    const deleted = await this.delete(key, options)
    return only === undefined || deleted
  }

  /** Writes many in one round trip; returns the keys that the server refused. */
  async setMany(
    entries: Iterable<readonly [Key, unknown]> | Readonly<Record<string, unknown>>,
    options: TtlOptions = {},
  ): Promise<Key[]> {
    const pairs: readonly (readonly [Key, unknown])[] = isIterable(entries) ? [...entries] : Object.entries(entries)
    const ttl = this.#ttlOf(options)
    const encode = async ([key, value]: readonly [Key, unknown]): Promise<Call<unknown>> => {
      const made = this.makeKey(key, options)
      const encoded = await this.#codec.encode(value, made)
      return isOver(ttl) ? unlink([made]) : set(made, encoded, { ttl })
    }
    const calls = await Promise.all(pairs.map(encode))
    const replies = await this.#client.batch(calls, forClient(options))
    return pairs.flatMap(([key], index) => (replies[index] instanceof ErrorReply ? [key] : []))
  }

  /** Writes when the key is absent; returns whether it was. A ttl of 0 or less only looks. */
  add(key: Key, value: unknown, options: TtlOptions = {}): Promise<boolean> {
    return this.set(key, value, { ...options, nx: true })
  }

  /**
   * The value, or what the loader makes of it, which is then kept. One loader at a time runs for a key in this process.
   * A loader's error reaches every caller; when no server can be used, or the cache was closed meanwhile, the loader's
   * value is returned and not kept.
   */
  async getOrSet<T>(key: Key, loader: Loader<T>, options: TtlOptions & ReadOptions = {}): Promise<T> {
    const made = this.makeKey(key, options)
    let reachable = true
    const found = await this.get<T>(key, options).catch((error: unknown) => {
      this.#survive('get', error)
      reachable = false
    })
    if (found !== undefined) return found
    const { signal, ...shared } = options
    return this.#flights.join(
      made,
      async (aborted) => {
        const value = await loader({ signal: aborted })
        if (value !== undefined && reachable)
          await this.set(key, value, shared).catch((error: unknown) => {
            if (!(error instanceof ClosedError)) this.#survive('set', error)
          })
        return value
      },
      signal,
    )
  }

  /** Whether it was there. */
  async delete(key: Key, options: CallOptions = {}): Promise<boolean> {
    return (await this.deleteMany([key], options)) > 0
  }

  /** How many were there. */
  async deleteMany(keys: Iterable<Key>, options: CallOptions = {}): Promise<number> {
    const made = Array.from(keys, (key) => this.makeKey(key, options))
    return made.length === 0 ? 0 : this.#client.execute(unlink(made), forClient(options))
  }

  async has(key: Key, options: ReadOptions = {}): Promise<boolean> {
    return this.#client.execute(exists(this.makeKey(key, options)), forClient(options))
  }

  /** Gives the value a new ttl; whether it was there. A ttl of 0 or less deletes. */
  async touch(key: Key, options: TtlOptions = {}): Promise<boolean> {
    const made = this.makeKey(key, options)
    const ttl = this.#ttlOf(options)
    if (isOver(ttl)) return this.delete(key, options)
    if (ttl !== undefined) return this.#client.execute(pexpire(made, ttl), forClient(options))
    const hadExpiry = await this.#client.execute(persist(made), forClient(options))
    return hadExpiry || this.has(key, { ...options, readFrom: 'primary' })
  }

  /** What is left of its ttl in ms; `null`: kept for ever; `undefined`: not there. */
  async ttl(key: Key, options: ReadOptions = {}): Promise<Milliseconds | null | undefined> {
    return this.#client.execute(pttl(this.makeKey(key, options)), forClient(options))
  }

  /**
   * Adds to a whole number, in one step; bigint past 2^53.
   * @throws {KeyNotFoundError} E_KEY_NOT_FOUND when it is not there, unless `create`
   * @throws {CommandError} E_COMMAND when the value is not a whole number, or leaves 64 bits
   * @throws {UnsupportedError} E_UNSUPPORTED when values are encrypted
   */
  async incr(key: Key, delta: number | bigint = 1, options: IncrementOptions = {}): Promise<number | bigint> {
    checkDelta(delta)
    if (!this.#codec.bareNumbers)
      throw new UnsupportedError('incr and decr: the server cannot count with encrypted numbers.')
    const made = this.makeKey(key, options)
    if (options.create) return this.#client.execute(incrementBy(made, delta), forClient(options))
    const value = await this.#client.execute(incrementExisting(made, delta), forClient(options))
    if (value === undefined) throw new KeyNotFoundError(String(key))
    return value
  }

  /** As {@link incr}, downwards. */
  async decr(key: Key, delta: number | bigint = 1, options: IncrementOptions = {}): Promise<number | bigint> {
    checkDelta(delta)
    return this.incr(key, -delta, options)
  }

  /** A lock under this key, for all processes, Python's too; it does nothing before `acquire`. */
  lock(key: Key, options: LockOptions = {}): Lock {
    return new Lock(this.#client, this.#keys, key, options, monotonicClock)
  }

  /** The values under some keys as a schema has them, checked when they are written and read. */
  typed<Part, Input, Output>(definition: TypedDefinition<Part, Input, Output>): TypedCache<Part, Input, Output> {
    return new TypedCache(new Cache(typedParts(this.#parts, definition)), definition)
  }

  /** Deletes every key of this prefix and version, in batches; how many there were. Each batch has its own deadline. */
  async clear(options: CallOptions = {}): Promise<number> {
    const pattern = this.#keys.pattern('*', options.version)
    let [cursor, removed] = ['0', 0]
    do {
      const step = await this.#client.execute(scan(cursor, pattern, clearBatch, 'write'), forClient(options))
      if (step.keys.length > 0) removed += await this.#client.execute(unlink(step.keys), forClient(options))
      cursor = step.cursor
    } while (cursor !== '0')
    return removed
  }

  /** Resolves when a server that reads go to has answered. */
  async ping(options: ReadOptions = {}): Promise<void> {
    return this.#client.execute(ping(), forClient(options))
  }

  /** Who is primary and who is not, as known now; costs nothing. */
  topology(): TopologySnapshot {
    return this.#client.topology()
  }

  /** Listens to changes of the topology; returns the function that stops it. A listener that throws harms nobody else. */
  on<Name extends keyof CacheEvents>(name: Name, listener: (event: CacheEvents[Name]) => void): () => void {
    if (!eventNames.includes(name))
      throw new ConfigurationError('on', `no event is called ${show(name)}; there are ${eventNames.join(', ')}`)
    return this.#client.onTopology((event) => {
      if (event.type !== name) return
      try {
        listener(event as CacheEvents[Name])
      } catch (error) {
        this.#reporter.report('LISTENER', `A '${name}' listener of cache '${this.name}' failed`, error)
      }
    })
  }

  /** The key as the server knows it. */
  makeKey(key: Key, { version }: Pick<CallOptions, 'version'> = {}): string {
    return this.#keys.make(key, version)
  }

  /** Finishes what runs, for `closeTimeout` at most, then stops. Later calls reject with ClosedError. */
  close(): Promise<void> {
    return (this.#closing ??= this.#close())
  }

  /** Stops now; what runs rejects. */
  destroy(error?: Error): void {
    this.#client.destroy(error)
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.close()
  }

  async #close(): Promise<void> {
    const late = setTimeout(() => this.#client.destroy(), Math.min(this.#closeTimeout, longestTimer))
    await this.#client.close().finally(() => clearTimeout(late))
  }

  #decode<T>(stored: Value | undefined, key: string): T | Promise<T> | undefined {
    return stored === undefined ? undefined : (this.#codec.decode(stored, key) as T | Promise<T>)
  }

  #ttlOf({ ttl }: TtlOptions): Milliseconds | undefined {
    return ttl === undefined ? this.#ttl : resolveTtl(ttl, 'ttl')
  }

  /** An outage beside a loader is reported and lived with; anything else is the caller's. */
  #survive(operation: string, error: unknown): void {
    if (!isOutage(error)) throw error
    this.#reporter.report('OUTAGE', `Cache '${this.name}' goes on without its servers: ${operation} failed`, error)
  }
}

function forClient({ deadline, signal, readFrom }: ReadOptions): ClientCallOptions {
  return { deadline: deadline === undefined ? undefined : toMilliseconds(deadline, 'deadline'), signal, readFrom }
}

/** As MGET has it: lists, sets and hashes are no values. */
function isOfAnotherType(error: unknown): boolean {
  return error instanceof CommandError && error.reply.startsWith('WRONGTYPE')
}

function condition({ nx, xx }: SetOptions): SetCondition['only'] {
  if (nx && xx) throw new ConfigurationError('set', 'nx and xx exclude each other; pass one of them')
  return nx ? 'NX' : xx ? 'XX' : undefined
}

function checkDelta(delta: number | bigint): void {
  if (typeof delta !== 'bigint' && !Number.isSafeInteger(delta))
    throw new UnsupportedError(`incr or decr by ${show(delta)}: only whole numbers can be added.`)
}

function isOver(ttl: Milliseconds | undefined): boolean {
  return ttl !== undefined && ttl <= 0
}

function isIterable<T>(entries: object | Iterable<T>): entries is Iterable<T> {
  return Symbol.iterator in entries
}

const eventNames: readonly (keyof CacheEvents)[] = [
  'primary-changed',
  'replica-added',
  'replica-removed',
  'replica-ejected',
  'replica-restored',
  'sentinel-lost',
  'sentinel-found',
  'disagreement',
]
/** Keys that one step of clear() looks for. */
const clearBatch = 1_000
