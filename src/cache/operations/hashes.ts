import type { Value } from '../../clients/command.js'
import * as commands from '../../clients/commands/hashes.js'
import { after } from '../../codec/stages.js'
import type { Key } from '../../keys/key-maker.js'
import { checkDelta, fieldOf, listOf, pairsOf, type Field } from '../input.js'
import type { CallOptions, ReadOptions } from '../options.js'
import { allReady } from '../all-ready.js'
import { Sets } from './sets.js'

/** Hashes: the key is made as any other, fields are plain texts, values are values. */
export abstract class Hashes extends Sets {
  /** Writes fields, all or none; how many of them are new. */
  async hset(
    key: Key,
    fields: Iterable<readonly [Field, unknown]> | Readonly<Record<string, unknown>>,
    options: CallOptions = {},
  ): Promise<number> {
    const made = this.makeKey(key, options)
    const pairs = pairsOf<Field, unknown>(fields, 'fields and their values')
    const encoded = allReady(pairs.map(([field, value]) => this.#entry(fieldOf(field), value, made)))
    if (pairs.length === 0) return 0
    return this.callWith('hset', options, encoded, (ready) => commands.hset(made, ready))
  }

  /** Writes a field that is absent; whether it was. */
  async hsetnx(key: Key, field: Field, value: unknown, options: CallOptions = {}): Promise<boolean> {
    const made = this.makeKey(key, options)
    const name = fieldOf(field)
    const encoded = this.parts.codec.encode(value, made)
    return this.callWith('hsetnx', options, encoded, (ready) => commands.hsetnx(made, name, ready))
  }

  /** The value of a field, or `undefined`. */
  async hget<T>(key: Key, field: Field, options: ReadOptions = {}): Promise<T | undefined> {
    const made = this.makeKey(key, options)
    const stored = await this.call('hget', options, () => commands.hget(made, fieldOf(field), this.parts.codec.reads))
    return this.decode('hget', stored, made)
  }

  /** The values of fields in the order asked, `undefined` where there is none. */
  async hmget<T>(key: Key, fields: Iterable<Field>, options: ReadOptions = {}): Promise<(T | undefined)[]> {
    const made = this.makeKey(key, options)
    const names = listOf(fields, 'fields').map(fieldOf)
    if (names.length === 0) return []
    const stored = await this.call('hmget', options, () => commands.hmget(made, names, this.parts.codec.reads))
    return [...(await allReady(names.map((_, index) => this.decode<T>('hmget', stored[index], made))))]
  }

  /** All fields and their values; none when there is no such key. */
  async hgetall<T>(key: Key, options: ReadOptions = {}): Promise<Map<string, T>> {
    const made = this.makeKey(key, options)
    const stored = await this.call('hgetall', options, () => commands.hgetall(made, this.parts.codec.reads))
    const values = await allReady(stored.map(([, value]) => this.decode<T>('hgetall', value, made)))
    const found = new Map<string, T>()
    for (const [index, [field]] of stored.entries()) {
      const value = values[index]
      if (value !== undefined) found.set(field, value)
    }
    return found
  }

  /** How many of the fields were there. */
  async hdel(key: Key, fields: Iterable<Field>, options: CallOptions = {}): Promise<number> {
    const made = this.makeKey(key, options)
    const names = listOf(fields, 'fields').map(fieldOf)
    return names.length === 0 ? 0 : this.call('hdel', options, () => commands.hdel(made, names))
  }

  /** How many fields it has. */
  async hlen(key: Key, options: ReadOptions = {}): Promise<number> {
    return this.call('hlen', options, () => commands.hlen(this.makeKey(key, options)))
  }

  /** The fields, in no order. */
  async hkeys(key: Key, options: ReadOptions = {}): Promise<string[]> {
    return [...(await this.call('hkeys', options, () => commands.hkeys(this.makeKey(key, options))))]
  }

  /** The values, in no order. */
  async hvals<T>(key: Key, options: ReadOptions = {}): Promise<T[]> {
    const made = this.makeKey(key, options)
    const stored = await this.call('hvals', options, () => commands.hvals(made, this.parts.codec.reads))
    return this.decodeAll('hvals', stored, made)
  }

  /** Whether it has the field. */
  async hexists(key: Key, field: Field, options: ReadOptions = {}): Promise<boolean> {
    return this.call('hexists', options, () => commands.hexists(this.makeKey(key, options), fieldOf(field)))
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
    this.checkReadable('hincrby')
    const call = (): ReturnType<typeof commands.hincrby> =>
      commands.hincrby(this.makeKey(key, options), fieldOf(field), delta)
    return (await this.call('hincrby', options, call)) ?? delta
  }

  #entry(field: string, value: unknown, key: string): EncodedEntry | Promise<EncodedEntry> {
    return after(this.parts.codec.encode(value, key), (encoded): EncodedEntry => [field, encoded])
  }
}

type EncodedEntry = readonly [field: string, value: Value]
