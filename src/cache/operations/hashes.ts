import type { Value } from '../../clients/command.js'
import * as commands from '../../clients/commands/hashes.js'
import { concatenated, sizeOf, total, whole } from '../../clients/split.js'
import { after, mapAll } from '../../promises.js'
import type { Key } from '../../keys/key-maker.js'
import { checkDelta, fieldOf, listOf, pairsOf, type Field } from '../input.js'
import { noOptions, type CallOptions, type ReadOptions } from '../options.js'
import { describe, none, type OperationTable } from '../operation.js'
import { callOptions, readOptions } from '../option-checks.js'
import { Operations } from './base.js'
import type { OperationContext } from './context.js'

const operations = describe({
  hset: { takes: callOptions, outage: 0 },
  hsetnx: { takes: callOptions, outage: false },
  hget: { takes: readOptions, outage: undefined },
  hmget: { takes: readOptions, outage: none },
  hgetall: { takes: readOptions, outage: none },
  hdel: { takes: callOptions, outage: 0 },
  hlen: { takes: readOptions, outage: 0 },
  hkeys: { takes: readOptions, outage: none },
  hvals: { takes: readOptions, outage: none },
  hexists: { takes: readOptions, outage: false },
  hincrby: { takes: callOptions, outage: undefined },
})

/** Hashes: the key is made as any other, fields are plain texts, values are values. */
export class Hashes extends Operations {
  static readonly operations: OperationTable = operations

  /** Writes fields, all or none; how many of them are new. */
  async hset(
    key: Key,
    fields: Iterable<readonly [Field, unknown]> | Readonly<Record<string, unknown>>,
    options: CallOptions = noOptions,
  ): Promise<number> {
    const made = this.context.key(operations.hset, key, options)
    const pairs = pairsOf<Field, unknown>(fields, 'fields and their values')
    const named = pairs.map(([field, value]) => [fieldOf(field), value] as const)
    const encoded = mapAll(named, ([field, value]) => entryOf(this.context, field, value, made))
    if (pairs.length === 0) return 0
    return this.context.callMany(operations.hset, options, made, encoded, {
      size: ([field, value]) => sizeOf(field) + sizeOf(value),
      make: (part) => commands.hset(made, part),
      join: total,
      undivided: whole,
    })
  }

  /** Writes a field that is absent; whether it was. */
  async hsetnx(key: Key, field: Field, value: unknown, options: CallOptions = noOptions): Promise<boolean> {
    const made = this.context.key(operations.hsetnx, key, options)
    const name = fieldOf(field)
    const encoded = this.context.codec.encode(value, made, name)
    return this.context.callWith(operations.hsetnx, options, [made], encoded, (ready) =>
      commands.hsetnx(made, name, ready),
    )
  }

  /** The value of a field, or `undefined`. */
  async hget<T>(key: Key, field: Field, options: ReadOptions = noOptions): Promise<T | undefined> {
    const made = this.context.key(operations.hget, key, options)
    const name = fieldOf(field)
    const stored = await this.context.call(operations.hget, options, () =>
      commands.hget(made, name, this.context.codec.reads),
    )
    return this.context.decode(operations.hget, stored, made, name)
  }

  /** The values of fields in the order asked, `undefined` where there is none. */
  async hmget<T>(key: Key, fields: Iterable<Field>, options: ReadOptions = noOptions): Promise<(T | undefined)[]> {
    const made = this.context.key(operations.hmget, key, options)
    const names = listOf(fields, 'fields').map(fieldOf)
    if (names.length === 0) return []
    const stored = await this.context.callMany(operations.hmget, options, made, names, {
      size: sizeOf,
      make: (part) => commands.hmget(made, part, this.context.codec.reads),
      join: concatenated,
    })
    return [
      ...(await mapAll(names, (name, index) => this.context.decode<T>(operations.hmget, stored[index], made, name))),
    ]
  }

  /** All fields and their values; none when there is no such key. */
  async hgetall<T>(key: Key, options: ReadOptions = noOptions): Promise<Map<string, T>> {
    const made = this.context.key(operations.hgetall, key, options)
    const stored = await this.context.call(operations.hgetall, options, () =>
      commands.hgetall(made, this.context.codec.reads),
    )
    const values = await mapAll(stored, ([field, value]) =>
      this.context.decode<T>(operations.hgetall, value, made, field),
    )
    const found = new Map<string, T>()
    for (const [index, [field]] of stored.entries()) {
      const value = values[index]
      if (value !== undefined) found.set(field, value)
    }
    return found
  }

  /** How many of the fields were there. */
  async hdel(key: Key, fields: Iterable<Field>, options: CallOptions = noOptions): Promise<number> {
    const made = this.context.key(operations.hdel, key, options)
    const names = listOf(fields, 'fields').map(fieldOf)
    if (names.length === 0) return 0
    return this.context.callMany(operations.hdel, options, made, names, {
      size: sizeOf,
      make: (part) => commands.hdel(made, part),
      join: total,
    })
  }

  /** How many fields it has. */
  async hlen(key: Key, options: ReadOptions = noOptions): Promise<number> {
    return this.context.callOn(operations.hlen, key, options, (made) => commands.hlen(made))
  }

  /** The fields, in no order. */
  async hkeys(key: Key, options: ReadOptions = noOptions): Promise<string[]> {
    return [...(await this.context.callOn(operations.hkeys, key, options, (made) => commands.hkeys(made)))]
  }

  /** The values, in no order. Encrypted ones are read together with their fields, since they are bound to them. */
  async hvals<T>(key: Key, options: ReadOptions = noOptions): Promise<T[]> {
    const made = this.context.key(operations.hvals, key, options)
    if (!this.context.codec.bareNumbers) return valuesOfFields(this.context, made, options)
    const stored = await this.context.call(operations.hvals, options, () =>
      commands.hvals(made, this.context.codec.reads),
    )
    return this.context.decodeAll(operations.hvals, stored, made)
  }

  /** Whether it has the field. */
  async hexists(key: Key, field: Field, options: ReadOptions = noOptions): Promise<boolean> {
    return this.context.callOn(operations.hexists, key, options, (made) => commands.hexists(made, fieldOf(field)))
  }

  /**
   * Adds to a number in a field, which starts from 0; bigint past 2^53, a fraction's sum is a number.
   * @throws {CommandError} E_COMMAND when the value is not a number, or leaves 64 bits
   * @throws {UnsupportedError} E_UNSUPPORTED when values are encrypted
   */
  async hincrby(
    key: Key,
    field: Field,
    delta: number | bigint = 1,
    options: CallOptions = noOptions,
  ): Promise<number | bigint> {
    checkDelta(delta)
    this.context.checkReadable('hincrby')
    const call = (): ReturnType<typeof commands.hincrby> =>
      commands.hincrby(this.context.key(operations.hincrby, key, options), fieldOf(field), delta)
    return (await this.context.call(operations.hincrby, options, call)) ?? delta
  }
}

async function valuesOfFields<T>(context: OperationContext, made: string, options: ReadOptions): Promise<T[]> {
  const stored = await context.call(operations.hvals, options, () => commands.hgetall(made, context.codec.reads))
  const values = await mapAll(stored, ([field, value]) => context.decode<T>(operations.hvals, value, made, field))
  return values.filter((value) => value !== undefined)
}

function entryOf(
  context: OperationContext,
  field: string,
  value: unknown,
  key: string,
): EncodedEntry | Promise<EncodedEntry> {
  return after(context.codec.encode(value, key, field), (encoded): EncodedEntry => [field, encoded])
}

type EncodedEntry = readonly [field: string, value: Value]
