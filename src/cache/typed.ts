import type { Codec } from '../codec/codec.js'
import { ConfigurationError } from '../errors.js'
import type { Key } from '../keys/key-maker.js'
import type { Reporter } from '../telemetry/reporter.js'
import { show, type Milliseconds } from '../units.js'
import type { CallOptions, GetOrSetOptions, Loader, ReadOptions, SetOptions, TtlOptions } from './options.js'
import { Loaded, SchemaCodec } from './schema-codec.js'
import { parseWith, type StandardSchema } from './standard-schema.js'
import { resolveTtl, type Ttl } from './ttl.js'

/** What the values under some keys are. */
export interface TypedDefinition<Part, Input, Output> {
  /** Makes the key, from a value that the calls take in its place; an object where a key has several parts. */
  readonly key: (part: Part) => Key
  /** A validator of any library that speaks Standard Schema, such as zod, valibot or arktype. */
  readonly schema: StandardSchema<Input, Output>
  /** How long values are kept, in ms or as a literal; `null` is for ever. @default the cache's */
  readonly ttl?: Ttl | undefined
}

/** The cache beneath a typed one: its codec knows the schema. */
interface Beneath {
  get<T>(key: Key, options?: ReadOptions): Promise<T | undefined>
  getMany<T>(keys: Iterable<Key>, options?: ReadOptions): Promise<Map<Key, T>>
  set(key: Key, value: unknown, options?: SetOptions): Promise<boolean>
  setMany(entries: Iterable<readonly [Key, unknown]>, options?: TtlOptions): Promise<Key[]>
  getOrSet<T>(key: Key, loader: Loader<T>, options?: GetOrSetOptions): Promise<T>
  delete(key: Key, options?: CallOptions): Promise<boolean>
  has(key: Key, options?: ReadOptions): Promise<boolean>
  touch(key: Key, options?: TtlOptions): Promise<boolean>
  makeKey(key: Key, options?: Pick<CallOptions, 'version'>): string
}

/**
 * Values of one type under keys made of typed parts.
 * Shape: what the schema takes is stored; what it makes of that is read. A stored value that it does not take, any more
 * or from another program, is a miss, and reported.
 * Errors: as those of the cache; writing what the schema does not take is a {@link SchemaError}.
 */
export class TypedCache<Part, Input, Output> {
  readonly #cache: Beneath
  readonly #key: (part: Part) => Key
  readonly #schema: StandardSchema<Input, Output>

  /** @internal `cache.typed` makes them. */
  constructor(cache: Beneath, { key, schema }: TypedDefinition<Part, Input, Output>) {
    this.#cache = cache
    this.#key = key
    this.#schema = schema
  }

  /** The value; `undefined` when it is not there, or does not fit. */
  async get(part: Part, options?: ReadOptions): Promise<Output | undefined> {
    return this.#cache.get<Output>(this.#key(part), options)
  }

  /** Those that are there, in the order asked, under what was asked with. */
  async getMany(parts: Iterable<Part>, options?: ReadOptions): Promise<Map<Part, Output>> {
    const asked = Array.from(parts, (part) => [part, this.#key(part)] as const)
    const found = await this.#cache.getMany<Output>(
      asked.map(([, key]) => key),
      options,
    )
    return new Map(asked.flatMap(([part, key]) => (found.has(key) ? [[part, found.get(key) as Output] as const] : [])))
  }

  /** Whether it was written: false when `nx` or `xx` refused. */
  async set(part: Part, value: Input, options?: SetOptions): Promise<boolean> {
    return this.#cache.set(this.#key(part), value, options)
  }

  /** Writes many in one round trip, or none when one does not fit; returns the parts that the server refused. */
  async setMany(entries: Iterable<readonly [Part, Input]>, options?: TtlOptions): Promise<Part[]> {
    const made = Array.from(entries, ([part, value]) => ({ part, entry: [this.#key(part), value] as const }))
    const refused = new Set(
      await this.#cache.setMany(
        made.map(({ entry }) => entry),
        options,
      ),
    )
    return made.flatMap(({ part, entry: [key] }) => (refused.has(key) ? [part] : []))
  }

  /** The value, or what the schema makes of the loader's, which is then kept; `undefined` is passed on and not kept. */
  async getOrSet<Made extends Input | undefined>(
    part: Part,
    loader: Loader<Made>,
    options?: GetOrSetOptions,
  ): Promise<Output | Extract<Made, undefined>> {
    const key = this.#key(part)
    const load: Loader<Loaded<Output> | undefined> = async (context) => {
      const input = await loader(context)
      if (input === undefined) return undefined
      return new Loaded(input, await parseWith(this.#schema, input, this.#cache.makeKey(key, options)))
    }
    const value = await this.#cache.getOrSet<Output | Loaded<Output> | undefined>(key, load, options)
    return value instanceof Loaded ? value.output : (value as Output | Extract<Made, undefined>)
  }

  /** Whether it was there. */
  async delete(part: Part, options?: CallOptions): Promise<boolean> {
    return this.#cache.delete(this.#key(part), options)
  }

  /** Whether there is a value; it may be one that no longer fits. */
  async has(part: Part, options?: ReadOptions): Promise<boolean> {
    return this.#cache.has(this.#key(part), options)
  }

  /** Gives the value a new ttl; whether it was there. */
  async touch(part: Part, options?: TtlOptions): Promise<boolean> {
    return this.#cache.touch(this.#key(part), options)
  }
}

/** What a definition changes of a cache. */
interface Parts {
  readonly name: string
  readonly codec: Codec
  readonly reporter: Reporter
  readonly ttl: Milliseconds | undefined
}

/**
 * The parts of the cache beneath a typed one.
 * @throws {ConfigurationError} E_CONFIG with the name of what is wrong in the definition
 */
export function typedParts<Of extends Parts>(parts: Of, definition: TypedDefinition<never, unknown, unknown>): Of {
  const { key, schema, ttl } = definition
  if (typeof key !== 'function')
    throw new ConfigurationError('typed.key', `expected a function that makes a key, got ${show(key)}`)
  if (typeof schema?.['~standard']?.validate !== 'function')
    throw new ConfigurationError('typed.schema', `expected a Standard Schema validator, got ${show(schema)}`)
  const { name, codec, reporter } = parts
  const context = { kind: 'SCHEMA', cache: name, operation: 'typed' } as const
  const checked = new SchemaCodec(codec, schema, (error) =>
    reporter.report(`Cache '${name}' takes a stored value as a miss`, error, context),
  )
  return { ...parts, codec: checked, ttl: ttl === undefined ? parts.ttl : resolveTtl(ttl, 'typed.ttl') }
}
