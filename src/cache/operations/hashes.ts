import type { Call, Value } from '../../clients/command.js'
import { serverVersion } from '../../clients/commands/server.js'
import { CommandError, UnsupportedError } from '../../errors.js'
import type { Milliseconds } from '../../units.js'
import { resolveTtl, type Ttl } from '../ttl.js'
import * as commands from '../../clients/commands/hashes.js'
import { concatenated, sizeOf, total, whole } from '../../clients/split.js'
import { after, mapAll } from '../../promises.js'
import type { Key } from '../../keys/key-maker.js'
import { checkDelta, fieldOf, listOf, pairsOf, type Field } from '../input.js'
import { noOptions, type CallOptions, type FieldTtlOptions, type ReadOptions } from '../options.js'
import { describe, none, type Operation, type OperationTable } from '../operation.js'
import { callOptions, fieldTtlOptions, readOptions } from '../option-checks.js'
import { Operations } from './base.js'
import type { OperationContext } from './context.js'

const operations = describe({
  hset: { takes: fieldTtlOptions, outage: 0 },
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
  hexpire: { takes: callOptions, outage: 0 },
  hpersist: { takes: callOptions, outage: 0 },
  httl: { takes: readOptions, outage: none },
})

/** Hashes: the key is made as any other, fields are plain texts, values are values. */
export class Hashes extends Operations {
  static readonly operations: OperationTable = operations

  /**
   * Writes fields and resolves to how many of them are new. Up to 10,000 fields and 1 MiB are written all or none, more of
   * them in portions. With `ttl` the fields are over after it; without one they stay as long as the hash does.
   * @example
   * await cache.hset('user:1', { name: 'Ada', visits: 1 })
   * @throws {UnsupportedError} E_UNSUPPORTED for a ttl where the server has none for fields: Valkey has them from 9 on
   */
  async hset(
    key: Key,
    fields: Iterable<readonly [Field, unknown]> | Readonly<Record<string, unknown>>,
    options: FieldTtlOptions = noOptions,
  ): Promise<number> {
    const made = this.context.key(operations.hset, key, options)
    const pairs = pairsOf<Field, unknown>(fields, 'fields and their values')
    const named = pairs.map(([field, value]) => [fieldOf(field), value] as const)
    const encoded = mapAll(named, ([field, value]) => entryOf(this.context, field, value, made))
    if (pairs.length === 0) return 0
    const { ttl = null } = options
    const ms = resolveTtl(ttl, 'hset().ttl')
    const written = this.context.callMany(operations.hset, options, made, encoded, {
      size: ([field, value]) => sizeOf(field) + sizeOf(value),
      make: (part) => (ms === undefined ? commands.hset(made, part) : commands.hsetFor(made, part, Math.max(ms, 0))),
      join: total,
      undivided: whole,
    })
    return ms === undefined ? written : orUnsupported(this.context, 'hset with a ttl', written)
  }

  /** Writes a field that does not exist. Resolves to true if it did not exist. */
  async hsetnx(key: Key, field: Field, value: unknown, options: CallOptions = noOptions): Promise<boolean> {
    const made = this.context.key(operations.hsetnx, key, options)
    const name = fieldOf(field)
    const encoded = this.context.codec.encode(value, made, name)
    return this.context.callWith(operations.hsetnx, options, [made], encoded, (ready) =>
      commands.hsetnx(made, name, ready),
    )
  }

  /**
   * Reads the value of one field. Resolves to `undefined` when there is none.
   * @example
   * const name = await cache.hget<string>('user:1', 'name')
   */
  async hget<T>(key: Key, field: Field, options: ReadOptions = noOptions): Promise<T | undefined> {
    const made = this.context.key(operations.hget, key, options)
    const name = fieldOf(field)
    const stored = await this.context.call(operations.hget, options, () =>
      commands.hget(made, name, this.context.codec.reads),
    )
    return this.context.reader.decode(operations.hget, options, stored, made, name)
  }

  /** Reads the values of fields. Resolves to them in the order asked, `undefined` where there is none. */
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
      ...(await mapAll(names, (name, index) =>
        this.context.reader.decode<T>(operations.hmget, options, stored[index], made, name),
      )),
    ]
  }

  /**
   * Reads all fields and their values. Resolves to an empty Map when the key does not exist.
   * @example
   * const user = await cache.hgetall('user:1')
   */
  async hgetall<T>(key: Key, options: ReadOptions = noOptions): Promise<Map<string, T>> {
    const made = this.context.key(operations.hgetall, key, options)
    const stored = await this.context.call(operations.hgetall, options, () =>
      commands.hgetall(made, this.context.codec.reads),
    )
    const values = await mapAll(stored, ([field, value]) =>
      this.context.reader.decode<T>(operations.hgetall, options, value, made, field),
    )
    const found = new Map<string, T>()
    for (const [index, [field]] of stored.entries()) {
      const value = values[index]
      if (value !== undefined) found.set(field, value)
    }
    return found
  }

  /** Removes fields. Resolves to how many of them were there. */
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

  /** Resolves to how many fields a hash has. */
  async hlen(key: Key, options: ReadOptions = noOptions): Promise<number> {
    return this.context.callOn(operations.hlen, key, options, (made) => commands.hlen(made))
  }

  /** Resolves to the fields of a hash, in no order. */
  async hkeys(key: Key, options: ReadOptions = noOptions): Promise<string[]> {
    return [...(await this.context.callOn(operations.hkeys, key, options, (made) => commands.hkeys(made)))]
  }

  /** Resolves to the values of a hash, in no order. Encrypted ones are read with their fields, since they are bound to them. */
  async hvals<T>(key: Key, options: ReadOptions = noOptions): Promise<T[]> {
    const made = this.context.key(operations.hvals, key, options)
    if (!this.context.codec.bareNumbers) return valuesOfFields(this.context, made, options)
    const stored = await this.context.call(operations.hvals, options, () =>
      commands.hvals(made, this.context.codec.reads),
    )
    return this.context.reader.decodeAll(operations.hvals, options, stored, made)
  }

  /** Resolves to true if the hash has the field. */
  async hexists(key: Key, field: Field, options: ReadOptions = noOptions): Promise<boolean> {
    return this.context.callOn(operations.hexists, key, options, (made) => commands.hexists(made, fieldOf(field)))
  }

  /**
   * Adds to the number in a field, which starts from 0. Resolves to the sum: a bigint past 2^53, a number when it has a
   * fraction.
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

  /**
   * Gives fields a ttl and resolves to how many of them are there; `null` keeps them as long as the hash, 0 or less removes
   * them.
   * @throws {UnsupportedError} E_UNSUPPORTED where the server has no ttl for fields: Valkey has it from 9 on
   */
  async hexpire(key: Key, fields: Iterable<Field>, ttl: Ttl, options: CallOptions = noOptions): Promise<number> {
    const ms = resolveTtl(ttl, 'hexpire().ttl')
    return onFields(this.context, operations.hexpire, key, fields, options, (made, part) =>
      ms === undefined ? commands.hpersist(made, part) : commands.hpexpire(made, part, ms),
    )
  }

  /**
   * Takes the ttl from fields and resolves to how many of them are there.
   * @throws {UnsupportedError} E_UNSUPPORTED where the server has no ttl for fields: Valkey has it from 9 on
   */
  async hpersist(key: Key, fields: Iterable<Field>, options: CallOptions = noOptions): Promise<number> {
    return onFields(this.context, operations.hpersist, key, fields, options, commands.hpersist)
  }

  /**
   * Resolves to what is left of the ttl of fields, in ms and in the order asked: `null` where a field has none, `undefined`
   * where it is not there.
   * @throws {UnsupportedError} E_UNSUPPORTED where the server has no ttl for fields: Valkey has it from 9 on
   */
  async httl(
    key: Key,
    fields: Iterable<Field>,
    options: ReadOptions = noOptions,
  ): Promise<(Milliseconds | null | undefined)[]> {
    const made = this.context.key(operations.httl, key, options)
    const names = listOf(fields, 'fields').map(fieldOf)
    if (names.length === 0) return []
    const make = (part: readonly string[]): ReturnType<typeof commands.hpttl> => commands.hpttl(made, part)
    const rule = { size: sizeOf, make, join: concatenated<Milliseconds | null | undefined> }
    const left = this.context.callMany(operations.httl, options, made, names, rule)
    const found = await orUnsupported(this.context, 'httl', left)
    return names.map((_, index) => found[index])
  }
}

async function onFields(
  context: OperationContext,
  operation: Operation<0>,
  key: Key,
  fields: Iterable<Field>,
  options: CallOptions,
  make: (made: string, part: readonly string[]) => Call<readonly boolean[]>,
): Promise<number> {
  const made = context.key(operation, key, options)
  const names = listOf(fields, 'fields').map(fieldOf)
  if (names.length === 0) return 0
  const rule = { size: sizeOf, make: (part: readonly string[]) => make(made, part), join: numberOf }
  return orUnsupported(context, operation.name, context.callMany(operation, options, made, names, rule))
}

/** The command of an older server is unknown; says so by the server's version. */
async function orUnsupported<Out>(context: OperationContext, what: string, outcome: Promise<Out>): Promise<Out> {
  try {
    return await outcome
  } catch (error) {
    if (!(error instanceof CommandError) || !unknownCommand.test(error.reply)) throw error
    const version = await context.client.execute(serverVersion()).catch(() => 'this server')
    throw new UnsupportedError(`${what} needs Valkey 9 or later, and ${version} answers.`, { cause: error })
  }
}

const unknownCommand = /^ERR unknown (?:redis )?command/i

function numberOf(there: readonly (readonly boolean[])[]): number {
  return total(there.map((flags) => flags.filter(Boolean).length))
}

async function valuesOfFields<T>(context: OperationContext, made: string, options: ReadOptions): Promise<T[]> {
  const stored = await context.call(operations.hvals, options, () => commands.hgetall(made, context.codec.reads))
  const values = await mapAll(stored, ([field, value]) =>
    context.reader.decode<T>(operations.hvals, options, value, made, field),
  )
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
