import { checkKey, type Key } from '../keys/key-maker.js'
import { isPromise, settleAll } from '../promises.js'
import {
  noOptions,
  type CallOptions,
  type GetOptions,
  type GetOrSetOptions,
  type Loader,
  type LoaderContext,
  type ManyLoader,
  type ManyLoaderContext,
  type ReadOptions,
  type SetManyOptions,
  type SetOptions,
  type TaggedReadOptions,
  type TtlOptions,
} from './options.js'
import { loaderAs, manyLoaderAs, takesContext, takesManyContext } from './loads/takes-context.js'
import { none } from './operation.js'
import { Parsed } from './schema-codec.js'
import { parseWith, type StandardSchema } from './standard-schema.js'
import type { Ttl } from './ttl.js'
import { TypedTags } from './typed-tags.js'
import { checkWrapped, wrappedOptions, type WrappedOptions } from './wrap.js'

/** Describes the values under some keys. */
export interface TypedDefinition<Part, Input, Output> {
  /** Makes the key, from a value that the calls take in its place; an object where a key has several parts. */
  readonly key: (part: Part) => Key
  /** A validator of any library that speaks Standard Schema, such as zod, valibot or arktype. */
  readonly schema: StandardSchema<Input, Output>
  /** How long values are kept, in ms or as a literal; `null` is for ever. @default the cache's */
  readonly ttl?: Ttl | undefined
  /**
   * Makes the tags of a value as it is written, besides those of a call, for `invalidateTags`. The cache has format
   * 'framed'. @default none
   */
  readonly tags?: ((value: Input) => readonly string[]) | undefined
}

/** What a typed cache needs of the cache that it stands on, whose codec knows the schema. */
interface UntypedCache {
  get<T>(key: Key, options?: GetOptions): Promise<T | undefined>
  getMany<T>(keys: Iterable<Key>, options?: TaggedReadOptions): Promise<Map<Key, T>>
  set(key: Key, value: unknown, options?: SetOptions): Promise<boolean>
  setMany(entries: Iterable<readonly [Key, unknown]>, options?: SetManyOptions): Promise<Key[]>
  getOrSet<T>(key: Key, loader: Loader<T>, options?: GetOrSetOptions): Promise<T>
  getOrSetMany<T>(keys: Iterable<Key>, load: ManyLoader<T | undefined>, options?: GetOrSetOptions): Promise<Map<Key, T>>
  delete(key: Key, options?: CallOptions): Promise<boolean>
  pull<T>(key: Key, options?: CallOptions): Promise<T | undefined>
  has(key: Key, options?: ReadOptions): Promise<boolean>
  touch(key: Key, options?: TtlOptions): Promise<boolean>
  makeKey(key: Key, options?: Pick<CallOptions, 'version'>): string
  memo(): UntypedCache
}

/**
 * A cache of values of one type, under keys that are made of typed parts.
 * Shape: what the schema takes is stored; what it makes of that is read. A stored value that the schema does not take,
 * any more or from another program, is a miss, and is reported.
 * Errors: those of the cache, and {@link SchemaError} for writing what the schema does not take.
 */
export class TypedCache<Part, Input, Output> {
  readonly #cache: UntypedCache
  readonly #definition: TypedDefinition<Part, Input, Output>
  readonly #key: (part: Part) => Key
  readonly #schema: StandardSchema<Input, Output>
  readonly #tags: TypedTags<Input>

  /** @internal `cache.typed` makes typed caches. */
  constructor(cache: UntypedCache, definition: TypedDefinition<Part, Input, Output>) {
    this.#cache = cache
    this.#definition = definition
    // Checked one by one: of many that are no keys, as an async function gives them, only the first is made.
    this.#key = (part) => checkKey(definition.key(part))
    this.#schema = definition.schema
    this.#tags = new TypedTags(definition.tags, (key, value, options) => this.#parse(key, value, options))
  }

  /** Reads one value. Resolves to `undefined` when it is not there, or does not fit the schema. */
  async get(part: Part, options?: GetOptions): Promise<Output | undefined> {
    return this.#cache.get<Output>(this.#key(part), options)
  }

  /**
   * Reads many values in one round trip. Resolves to those that are there and fit, in the order asked, under the parts
   * that were given.
   */
  async getMany(parts: Iterable<Part>, options?: TaggedReadOptions): Promise<Map<Part, Output>> {
    const asked = Array.from(parts, (part) => [part, this.#key(part)] as const)
    const found = await this.#cache.getMany<Output>(
      asked.map(([, key]) => key),
      options,
    )
    return new Map(asked.flatMap(([part, key]) => (found.has(key) ? [[part, found.get(key) as Output] as const] : [])))
  }

  /** Writes one value. Resolves to true if it was written, and to false if `nx` or `xx` refused. */
  async set(part: Part, value: Input, options?: SetOptions): Promise<boolean> {
    const key = this.#key(part)
    if (!this.#tags.areMade) return this.#cache.set(key, value, options)
    const tags = this.#tags.ofWritten('set', [[key, value]], options)
    if (isPromise(tags)) return tags
    return this.#cache.set(key, value, { ...options, tags: tags.get(value) })
  }

  /**
   * Writes many values in one round trip, or none when one does not fit. Resolves to the parts that the server refused.
   */
  async setMany(entries: Iterable<readonly [Part, Input]>, options?: SetManyOptions): Promise<Part[]> {
    const made = Array.from(entries, ([part, value]) => ({ part, entry: [this.#key(part), value] as const }))
    const pairs = made.map(({ entry }) => entry)
    const refused = new Set(await this.#setAll(pairs, options))
    return made.flatMap(({ part, entry: [key] }) => (refused.has(key) ? [part] : []))
  }

  /**
   * Reads one value, or loads it when it is not there or does not fit, and keeps what was loaded; as the cache's own
   * `getOrSet`. Resolves to what the schema makes of the value; `undefined` of the loader is passed on and not kept.
   */
  async getOrSet<Made extends Input | undefined>(
    part: Part,
    loader: Loader<Made>,
    options?: GetOrSetOptions,
  ): Promise<Output | Extract<Made, undefined>> {
    const key = this.#key(part)
    const load = async (context: LoaderContext): Promise<Parsed<Output> | undefined> =>
      this.#parsed(key, await loader(context), options, context.setTags)
    const mayTag = this.#tags.areMade || takesContext(loader)
    const value = await this.#cache.getOrSet<Output | Parsed<Output> | undefined>(key, loaderAs(mayTag, load), options)
    return outputOf(value) as Output | Extract<Made, undefined>
  }

  /**
   * Reads many values in one round trip, and loads those that are not there or do not fit in one call of the loader, as
   * the cache's own `getOrSetMany`. Resolves to a Map in the order asked, under the parts that were given. Nothing that
   * was loaded is kept, and the call rejects, when one of the values does not fit.
   */
  async getOrSetMany(
    parts: Iterable<Part>,
    loadMissing: ManyLoader<Input | undefined, Part>,
    options?: GetOrSetOptions,
  ): Promise<Map<Part, Output>> {
    const asked = Array.from(parts, (part) => [part, this.#key(part)] as const)
    const partOf = new Map(asked.map(([part, key]) => [String(key), part]))
    const mayTag = this.#tags.areMade || takesManyContext(loadMissing)
    const load = manyLoaderAs<Parsed<Output> | undefined>(mayTag, async (missing, context) => {
      const of = (key: Key): Part => partOf.get(String(key)) as Part
      const loaded = await loadMissing(missing.map(of), contextOf(context, of, this.#key))
      return settleAll(
        Array.from(loaded, async ([part, input]) => {
          const key = this.#key(part)
          const setTags = (tags: readonly string[]): void => context.setTags(tags, key)
          return [key, await this.#parsed(key, input, options, setTags)] as const
        }),
      )
    })
    const keys = asked.map(([, key]) => key)
    const found = await this.#cache.getOrSetMany<Output | Parsed<Output>>(keys, load, options)
    return new Map(
      asked.flatMap(([part, key]) => (found.has(key) ? [[part, outputOf(found.get(key)) as Output] as const] : [])),
    )
  }

  /**
   * Makes a function that asks the cache first, and runs `fn` when the value is not there or does not fit, as `getOrSet`
   * does. `fn` takes one argument, of which the key is made.
   * @throws {ConfigurationError} E_CONFIG for an option that is none, at once
   * @throws {TypeError} when `fn` is no function, at once
   * @example
   * const findUser = users.wrap((id: number) => db.user(id), { ttl: '10m' })
   */
  wrap<This, Made extends Input | undefined>(
    fn: (this: This, part: Part) => Made | Promise<Made>,
    options: WrappedOptions = noOptions,
  ): (this: This, part: Part) => Promise<Output | Extract<Made, undefined>> {
    checkWrapped(fn, wrappedOptions, options)
    const getOrSet = (part: Part, loader: Loader<Made>): Promise<Output | Extract<Made, undefined>> =>
      this.getOrSet(part, loader, options)
    return async function (part) {
      return getOrSet(part, () => fn.call(this, part))
    }
  }

  /** Makes a view of this cache for one request, in which each key is read once; see `cache.memo`. */
  memo(): TypedCache<Part, Input, Output> {
    return new TypedCache(this.#cache.memo(), this.#definition)
  }

  /** Deletes one value. Resolves to true if the key existed. */
  async delete(part: Part, options?: CallOptions): Promise<boolean> {
    return this.#cache.delete(this.#key(part), options)
  }

  /**
   * Reads one value and deletes its key, in one step. Resolves to `undefined` when it is not there, or does not fit the
   * schema; it is gone then too.
   */
  async pull(part: Part, options?: CallOptions): Promise<Output | undefined> {
    return this.#cache.pull<Output>(this.#key(part), options)
  }

  /** Looks whether the key exists; its value may be one that no longer fits. */
  async has(part: Part, options?: ReadOptions): Promise<boolean> {
    return this.#cache.has(this.#key(part), options)
  }

  /** Gives the value a new ttl. Resolves to true if the key existed. */
  async touch(part: Part, options?: TtlOptions): Promise<boolean> {
    return this.#cache.touch(this.#key(part), options)
  }

  /** What a loader gave, and what the schema makes of it. @throws {SchemaError} E_SCHEMA when it does not fit */
  async #parsed(
    key: Key,
    input: Input | undefined,
    options: GetOrSetOptions = noOptions,
    setTags: (tags: readonly string[]) => void,
  ): Promise<Parsed<Output> | undefined> {
    if (input === undefined) return undefined
    const output = await this.#parse(key, input, options)
    const tags = this.#tags.ofValue(input)
    if (tags.length > 0) setTags(tags)
    return new Parsed(input, output)
  }

  async #setAll(pairs: readonly (readonly [Key, Input])[], options: SetManyOptions | undefined): Promise<Key[]> {
    if (!this.#tags.areMade && typeof options?.tags !== 'function') return this.#cache.setMany(pairs, options)
    const tags = this.#tags.ofWritten('setMany', pairs, options)
    if (isPromise(tags)) return tags
    return this.#cache.setMany(pairs, { ...options, tags: (value) => tags.get(value as Input) ?? none })
  }

  /** What the schema makes of a value. @throws {SchemaError} E_SCHEMA when it does not fit */
  #parse(key: Key, value: Input, { version }: Pick<CallOptions, 'version'>): Promise<Output> {
    return parseWith(this.#schema, value, this.#cache.makeKey(key, { version }))
  }
}

function outputOf<Output>(value: Output | Parsed<Output>): Output {
  return value instanceof Parsed ? (value.output as Output) : value
}

/** What a loader of many is told, in parts in place of keys. */
function contextOf<Part>(
  context: ManyLoaderContext,
  partOf: (key: Key) => Part,
  keyOf: (part: Part) => Key,
): ManyLoaderContext<Part> {
  const key = (part: Part | undefined): Key | undefined => (part === undefined ? undefined : keyOf(part))
  return {
    get signal() {
      return context.signal
    },
    get stale() {
      return new Map(Array.from(context.stale, ([stale, value]) => [partOf(stale), value]))
    },
    setTtl: (ttl, part) => context.setTtl(ttl, key(part)),
    setTags: (tags, part) => context.setTags(tags, key(part)),
    skip: (part) => context.skip(key(part)),
  }
}
