import { EventEmitter } from 'node:events'
import type { Cache } from '../../cache/cache.js'
import type { Milliseconds } from '../../units.js'
import { beginningWith, clearBeginningWith, lasting, storable, strict, textOf, valuesOf } from '../support/demands.js'
import { entriesOf } from './entries.js'

/**
 * Values of Keyv 5 in a cache. Keyv puts its namespace before the keys; lengths of time are in ms from now. There is no
 * `setMany`: Keyv 5 resolves `keyv.setMany` to what the method of the store gives, which its contract says is nothing;
 * without the method Keyv calls `set` for each entry.
 * Errors: it rejects with a `CacheError`, and emits none.
 */
export class Keyv5Store extends EventEmitter {
  /**
   * The namespace of the keys; Keyv 5 sets it. It is not there before: the bridge of Keyv 6 would take a store that has
   * one for a store that puts it before the keys.
   */
  declare namespace?: string | undefined
  /** Keyv reads the entries of known dialects only. */
  readonly opts: { readonly dialect: 'valkey' } = { dialect: 'valkey' }
  readonly #cache: Cache

  /** @internal `keyvStore` makes it. */
  constructor(cache: Cache) {
    super()
    this.#cache = cache
  }

  /** Reads a value; `undefined` when there is none. */
  async get<Value>(key: string): Promise<Value | undefined> {
    return textOf(await this.#cache.get(key, strict)) as Value | undefined
  }

  /** Reads many values in the order of their keys; `undefined` for each that is not there. */
  async getMany<Value>(keys: string[]): Promise<(Value | undefined)[]> {
    return (await valuesOf(this.#cache, keys)) as (Value | undefined)[]
  }

  /** Writes a value. A ttl of 0 or less deletes the key; without one the value is kept for ever. */
  async set(key: string, value: unknown, ttl?: Milliseconds): Promise<boolean> {
    return this.#cache.set(key, storable(value), lasting(ttl ?? null))
  }

  /** Deletes a key; resolves to true if it existed. */
  async delete(key: string): Promise<boolean> {
    return this.#cache.delete(key, strict)
  }

  /** Resolves to true if one of the keys existed. */
  async deleteMany(keys: string[]): Promise<boolean> {
    return (await this.#cache.deleteMany(keys, strict)) > 0
  }

  /** Resolves to true if the key exists. */
  async has(key: string): Promise<boolean> {
    return this.#cache.has(key, strict)
  }

  /** Resolves to whether each key exists, in their order. */
  async hasMany(keys: string[]): Promise<boolean[]> {
    return Promise.all(keys.map((key) => this.has(key)))
  }

  /** Deletes what is in the namespace; without one, all that is in the cache. */
  async clear(): Promise<void> {
    await clearBeginningWith(this.#cache, startOf(this.namespace))
  }

  /** Gives the keys of a namespace, which are whole, with their values. */
  iterator<Value>(namespace: string | undefined = this.namespace): AsyncGenerator<[key: string, value: Value], void> {
    return entriesOf(this.#cache, beginningWith(startOf(namespace))) as AsyncGenerator<[string, Value], void>
  }

  /** Does nothing: the cache belongs to who made it, who closes it. */
  async disconnect(): Promise<void> {}
}

/** What the keys of a namespace begin with. */
function startOf(namespace: string | undefined): string {
  return namespace ? `${namespace}:` : ''
}
