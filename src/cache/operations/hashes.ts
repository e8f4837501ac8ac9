import type { Value } from '../../clients/command.js'
import * as commands from '../../clients/commands/hashes.js'
import { after } from '../../codec/stages.js'
import type { Key } from '../../keys/key-maker.js'
import { checkDelta, fieldOf, listOf, pairsOf, type Field } from '../input.js'
import type { CallOptions, ReadOptions } from '../options.js'
import { allReady } from '../all-ready.js'
import { describe, none, type OperationTable } from '../operation.js'
import { Operations } from './base.js'
import type { OperationContext } from './context.js'

const operations = describe({
  hset: { outage: 0 },
  hsetnx: { outage: false },
  hget: { outage: undefined },
  hmget: { outage: none },
  hgetall: { outage: none },
  hdel: { outage: 0 },
  hlen: { outage: 0 },
  hkeys: { outage: none },
  hvals: { outage: none },
  hexists: { outage: false },
  hincrby: { outage: undefined },
})

/** Hashes: the key is made as any other, fields are plain texts, values are values. */
export class Hashes extends Operations {
  static readonly operations: OperationTable = operations

  /** Writes fields, all or none; how many of them are new. */
  async hset(
    key: Key,
    fields: Iterable<readonly [Field, unknown]> | Readonly<Record<string, unknown>>,
    options: CallOptions = {},
  ): Promise<number> {
    const made = this.context.key(key, options)
    const pairs = pairsOf<Field, unknown>(fields, 'fields and their values')
    const encoded = allReady(pairs.map(([field, value]) => entryOf(this.context, fieldOf(field), value, made)))
    if (pairs.length === 0) return 0
    return this.context.callWith(operations.hset, options, encoded, (ready) => commands.hset(made, ready))
  }

  /** Writes a field that is absent; whether it was. */
  async hsetnx(key: Key, field: Field, value: unknown, options: CallOptions = {}): Promise<boolean> {
    const made = this.context.key(key, options)
    const name = fieldOf(field)
    const encoded = this.context.codec.encode(value, made)
    return this.context.callWith(operations.hsetnx, options, encoded, (ready) => commands.hsetnx(made, name, ready))
  }

  /** The value of a field, or `undefined`. */
  async hget<T>(key: Key, field: Field, options: ReadOptions = {}): Promise<T | undefined> {
    const made = this.context.key(key, options)
    const stored = await this.context.call(operations.hget, options, () =>
      commands.hget(made, fieldOf(field), this.context.codec.reads),
    )
    return this.context.decode(operations.hget, stored, made)
  }

  /** The values of fields in the order asked, `undefined` where there is none. */
  async hmget<T>(key: Key, fields: Iterable<Field>, options: ReadOptions = {}): Promise<(T | undefined)[]> {
    const made = this.context.key(key, options)
    const names = listOf(fields, 'fields').map(fieldOf)
    if (names.length === 0) return []
    const stored = await this.context.call(operations.hmget, options, () =>
      commands.hmget(made, names, this.context.codec.reads),
    )
    return [...(await allReady(names.map((_, index) => this.context.decode<T>(operations.hmget, stored[index], made))))]
  }

  /** All fields and their values; none when there is no such key. */
  async hgetall<T>(key: Key, options: ReadOptions = {}): Promise<Map<string, T>> {
    const made = this.context.key(key, options)
    const stored = await this.context.call(operations.hgetall, options, () =>
      commands.hgetall(made, this.context.codec.reads),
    )
    const values = await allReady(stored.map(([, value]) => this.context.decode<T>(operations.hgetall, value, made)))
    const found = new Map<string, T>()
    for (const [index, [field]] of stored.entries()) {
      const value = values[index]
      if (value !== undefined) found.set(field, value)
    }
    return found
  }

  /** How many of the fields were there. */
  async hdel(key: Key, fields: Iterable<Field>, options: CallOptions = {}): Promise<number> {
    const made = this.context.key(key, options)
    const names = listOf(fields, 'fields').map(fieldOf)
    return names.length === 0 ? 0 : this.context.call(operations.hdel, options, () => commands.hdel(made, names))
  }

  /** How many fields it has. */
  async hlen(key: Key, options: ReadOptions = {}): Promise<number> {
    return this.context.call(operations.hlen, options, () => commands.hlen(this.context.key(key, options)))
  }

  /** The fields, in no order. */
  async hkeys(key: Key, options: ReadOptions = {}): Promise<string[]> {
    return [
      ...(await this.context.call(operations.hkeys, options, () => commands.hkeys(this.context.key(key, options)))),
    ]
  }

  /** The values, in no order. */
  async hvals<T>(key: Key, options: ReadOptions = {}): Promise<T[]> {
    const made = this.context.key(key, options)
    const stored = await this.context.call(operations.hvals, options, () =>
      commands.hvals(made, this.context.codec.reads),
    )
    return this.context.decodeAll(operations.hvals, stored, made)
  }

  /** Whether it has the field. */
  async hexists(key: Key, field: Field, options: ReadOptions = {}): Promise<boolean> {
    return this.context.call(operations.hexists, options, () =>
      commands.hexists(this.context.key(key, options), fieldOf(field)),
    )
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
    options: CallOptions = {},
  ): Promise<number | bigint> {
    checkDelta(delta)
    this.context.checkReadable('hincrby')
    const call = (): ReturnType<typeof commands.hincrby> =>
      commands.hincrby(this.context.key(key, options), fieldOf(field), delta)
    return (await this.context.call(operations.hincrby, options, call)) ?? delta
  }
}

function entryOf(
  context: OperationContext,
  field: string,
  value: unknown,
  key: string,
): EncodedEntry | Promise<EncodedEntry> {
  return after(context.codec.encode(value, key), (encoded): EncodedEntry => [field, encoded])
}

type EncodedEntry = readonly [field: string, value: Value]
