import type { Codec, Opened } from '../codec/codec.js'
import type { Value } from '../codec/value.js'
import { SchemaError } from '../errors.js'
import { parseWith, type StandardSchema } from './standard-schema.js'

/** A value that its schema has accepted already: as it is stored, and what the schema makes of that. */
export class Parsed<Output> {
  readonly input: unknown
  readonly output: Output

  constructor(input: unknown, output: Output) {
    this.input = input
    this.output = output
  }
}

/**
 * Stores what a schema accepts, and reads what the schema makes of it. A stored value that the schema does not accept
 * decodes to `undefined`, which is a miss.
 */
export class SchemaCodec<Output> implements Codec {
  readonly reads: Codec['reads']
  readonly bareNumbers: boolean
  readonly framed: boolean
  readonly repack: Codec['repack'] | undefined
  readonly #codec: Codec
  readonly #schema: StandardSchema<unknown, Output>
  readonly #onMismatch: (error: SchemaError) => void

  constructor(codec: Codec, schema: StandardSchema<unknown, Output>, onMismatch: (error: SchemaError) => void) {
    this.reads = codec.reads
    this.bareNumbers = codec.bareNumbers
    this.framed = codec.framed
    this.repack = codec.repack?.bind(codec)
    this.#codec = codec
    this.#schema = schema
    this.#onMismatch = onMismatch
  }

  /** @throws {SchemaError} E_SCHEMA for a value that the schema does not accept */
  async encode(...[value, key, ...rest]: Parameters<Codec['encode']>): Promise<Value> {
    if (value instanceof Parsed) return this.#codec.encode(value.input, key, ...rest)
    await parseWith(this.#schema, value, key)
    return this.#codec.encode(value, key, ...rest)
  }

  encodeAbsence(...given: Parameters<Codec['encodeAbsence']>): Value {
    return this.#codec.encodeAbsence(...given)
  }

  /** Encodes a member as the codec beneath does: a schema describes values, and a typed cache has no sets. */
  encodeMember(member: unknown, key: string): Value | Promise<Value> {
    return this.#codec.encodeMember(member, key)
  }

  async decode(stored: Value, key: string, field?: string): Promise<Output | undefined> {
    return this.#parse(await this.#codec.decode(stored, key, field), key)
  }

  open(stored: Value, key: string, field?: string): Opened {
    const opened = this.#codec.open(stored, key, field)
    return {
      fields: opened.fields,
      read: async () => this.#parse(await opened.read(), key),
      isAbsence: () => opened.isAbsence(),
    }
  }

  async #parse(value: unknown, key: string): Promise<Output | undefined> {
    if (value === undefined) return undefined
    try {
      return await parseWith(this.#schema, value, key)
    } catch (error) {
      if (!(error instanceof SchemaError)) throw error
      this.#onMismatch(error)
      return undefined
    }
  }
}
