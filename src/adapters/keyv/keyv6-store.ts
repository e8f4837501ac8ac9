import { EventEmitter } from 'node:events'
import type { Cache } from '../../cache/cache.js'
import type { Ttl } from '../../cache/ttl.js'
import { wallClock, type Milliseconds } from '../../units.js'
import { beginningWith, clearBeginningWith, lasting, storable, strict, textOf, valuesOf } from '../support/demands.js'
import { entriesOf } from './entries.js'

/** An entry as Keyv 6 sets many of them. */
export interface Keyv6Entry {
  readonly key: string
  readonly value: unknown
  /** When it ends, in ms since 1970; without one never. */
  readonly expires?: Milliseconds | undefined
}

/**
 * Values of Keyv 6 in a cache. Their keys are `namespace::key`, and moments are in ms since 1970.
 * Errors: it rejects with a `CacheError`, and emits none.
 */
export class Keyv6Store extends EventEmitter {
  /** The namespace of the keys; Keyv sets it. */
  namespace: string | undefined
  /** Says that the store takes moments and puts its namespace before the keys itself. */
  readonly capabilities: { readonly expires: true } = { expires: true }
  readonly #cache: Cache

  /** @internal `keyvStore` makes it. */
  constructor(cache: Cache) {
    super()
    this.#cache = cache
  }

  /** Reads a value; `undefined` when there is none. */
  async get<Value>(key: string): Promise<Value | undefined> {
    return textOf(await this.#cache.get(this.#start + key, strict)) as Value | undefined
  }

  /** Reads many values in the order of their keys; `undefined` for each that is not there. */
  async getMany<Value>(keys: string[]): Promise<(Value | undefined)[]> {
    return (await valuesOf(this.#cache, this.#all(keys))) as (Value | undefined)[]
  }

  /** Writes a value. A moment that has passed deletes the key. */
  async set(key: string, value: unknown, expires?: Milliseconds): Promise<boolean> {
    return this.#cache.set(this.#start + key, storable(value), lasting(until(expires)))
  }

  /** Writes many values, as {@link set} does. */
  async setMany(entries: readonly Keyv6Entry[]): Promise<boolean[]> {
    return Promise.all(entries.map(({ key, value, expires }) => this.set(key, value, expires)))
  }

  /** Deletes a key; resolves to true if it existed. */
  async delete(key: string): Promise<boolean> {
    return this.#cache.delete(this.#start + key, strict)
  }

  /** Deletes many keys; resolves to whether each existed, in their order. */
  async deleteMany(keys: string[]): Promise<boolean[]> {
    return Promise.all(keys.map((key) => this.delete(key)))
  }

  /** Resolves to true if the key exists. */
  async has(key: string): Promise<boolean> {
    return this.#cache.has(this.#start + key, strict)
  }

  /** Resolves to whether each key exists, in their order. */
  async hasMany(keys: string[]): Promise<boolean[]> {
    return Promise.all(keys.map((key) => this.has(key)))
  }

  /** Deletes what is in the namespace; without one, all that is in the cache. */
  async clear(): Promise<void> {
    await clearBeginningWith(this.#cache, this.#start)
  }

  /** Gives the keys of the namespace, without it, and their values. */
  async *iterator<Value>(): AsyncGenerator<[key: string, value: Value], void> {
    const { length } = this.#start
    const entries = entriesOf(this.#cache, beginningWith(this.#start))
    for await (const [key, value] of entries) yield [key.slice(length), value as Value]
  }

  /** Does nothing: the cache belongs to who made it, who closes it. */
  async disconnect(): Promise<void> {}

  /** What the keys of the namespace begin with. */
  get #start(): string {
    return this.namespace ? `${this.namespace}::` : ''
  }

  #all(keys: readonly string[]): string[] {
    const start = this.#start
    return keys.map((key) => start + key)
  }
}

/** From a moment to the length of time until then, in ms. */
function until(expires: Milliseconds | null | undefined): Ttl {
  return expires === undefined || expires === null ? null : expires - wallClock.now()
}
