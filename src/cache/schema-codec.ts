import type { Codec } from '../codec/codec.js'
import type { Value } from '../codec/value.js'
import { SchemaError } from '../errors.js'
import { parseWith, type StandardSchema } from './standard-schema.js'

/** What a loader made: as it is stored, and what its schema makes of that. */
export class Loaded<Output> {
  readonly input: unknown
  readonly output: Output

  constructor(input: unknown, output: Output) {
    this.input = input
    this.output = output
  }
}

/** Stores what a schema accepts, and reads what the schema makes of it; what it does not accept reads as a miss. */
export class SchemaCodec<Output> implements Codec {
  readonly reads: Codec['reads']
  readonly bareNumbers: boolean
  readonly #codec: Codec
  readonly #schema: StandardSchema<unknown, Output>
  readonly #onMisfit: (error: SchemaError) => void

  constructor(codec: Codec, schema: StandardSchema<unknown, Output>, onMisfit: (error: SchemaError) => void) {
    this.reads = codec.reads
    this.bareNumbers = codec.bareNumbers
    this.#codec = codec
    this.#schema = schema
    this.#onMisfit = onMisfit
  }

  /** @throws {SchemaError} E_SCHEMA */
  async encode(value: unknown, key: string): Promise<Value> {
    if (value instanceof Loaded) return this.#codec.encode(value.input, key)
    await parseWith(this.#schema, value, key)
    return this.#codec.encode(value, key)
  }

  /** A typed cache has no sets; what becomes of a member is not the schema's concern. */
  encodeMember(member: unknown, key: string): Value | Promise<Value> {
    return this.#codec.encodeMember(member, key)
  }

  async decode(stored: Value, key: string): Promise<Output | undefined> {
    const value = await this.#codec.decode(stored, key)
    try {
      return await parseWith(this.#schema, value, key)
    } catch (error) {
      if (!(error instanceof SchemaError)) throw error
      this.#onMisfit(error)
      return undefined
    }
  }
}
