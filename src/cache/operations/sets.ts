import * as commands from '../../clients/commands/sets.js'
import { KeyError } from '../../errors.js'
import type { Key } from '../../keys/key-maker.js'
import { toWholeNumber } from '../../units.js'
import { listOf } from '../input.js'
import type { CallOptions, ReadOptions, StoreOptions } from '../options.js'
import { isNone } from '../all-ready.js'
import { Expiry } from './expiry.js'

/** Sets: members are values, compared by the bytes that they are stored as. */
export abstract class Sets extends Expiry {
  /** How many of them are new. */
  async sadd(key: Key, members: Iterable<unknown>, options: CallOptions = {}): Promise<number> {
    const made = this.makeKey(key, options)
    const encoded = this.encodeMembers(members, made)
    if (isNone(encoded)) return 0
    return this.callWith('sadd', options, encoded, (ready) => commands.sadd(made, ready))
  }

  /** How many of them were there. */
  async srem(key: Key, members: Iterable<unknown>, options: CallOptions = {}): Promise<number> {
    const made = this.makeKey(key, options)
    const encoded = this.encodeMembers(members, made)
    if (isNone(encoded)) return 0
    return this.callWith('srem', options, encoded, (ready) => commands.srem(made, ready))
  }

  /** How many members it has. */
  async scard(key: Key, options: ReadOptions = {}): Promise<number> {
    return this.call('scard', options, () => commands.scard(this.makeKey(key, options)))
  }

  /** All members, in no order. */
  async smembers<T>(key: Key, options: ReadOptions = {}): Promise<T[]> {
    const made = this.makeKey(key, options)
    const stored = await this.call('smembers', options, () => commands.smembers(made, this.parts.codec.reads))
    return this.decodeAll('smembers', stored, made)
  }

  /** Whether it is a member. */
  async sismember(key: Key, member: unknown, options: ReadOptions = {}): Promise<boolean> {
    const made = this.makeKey(key, options)
    const encoded = this.parts.codec.encodeMember(member, made)
    return this.callWith('sismember', options, encoded, (ready) => commands.sismember(made, ready))
  }

  /** Whether each of them is a member, in the order asked. */
  async smismember(key: Key, members: Iterable<unknown>, options: ReadOptions = {}): Promise<boolean[]> {
    const made = this.makeKey(key, options)
    const asked = listOf(members, 'members')
    const encoded = this.encodeMembers(asked, made)
    if (isNone(encoded)) return []
    const found = await this.callWith('smismember', options, encoded, (ready) => commands.smismember(made, ready))
    return asked.map((_, index) => found[index] ?? false)
  }

  /** Takes a member out at random, or as many as `count`; `undefined`, or fewer, when there are not so many. */
  async spop<T>(key: Key, count?: undefined, options?: CallOptions): Promise<T | undefined>
  async spop<T>(key: Key, count: number, options?: CallOptions): Promise<T[]>
  async spop<T>(key: Key, count?: number, options: CallOptions = {}): Promise<T | T[] | undefined> {
    const made = this.makeKey(key, options)
    const { reads } = this.parts.codec
    if (count === undefined)
      return this.decode('spop', await this.call('spop', options, () => commands.spop(made, reads)), made)
    const most = toWholeNumber(count, 0, 'count')
    const stored = await this.call('spop', options, () => commands.spopMany(made, most, reads))
    return this.decodeAll('spop', stored ?? [], made)
  }

  /** A member at random, which stays; or as many as `count`, the same more than once when `count` is negative. */
  async srandmember<T>(key: Key, count?: undefined, options?: ReadOptions): Promise<T | undefined>
  async srandmember<T>(key: Key, count: number, options?: ReadOptions): Promise<T[]>
  async srandmember<T>(key: Key, count?: number, options: ReadOptions = {}): Promise<T | T[] | undefined> {
    const made = this.makeKey(key, options)
    const { reads } = this.parts.codec
    const operation = 'srandmember'
    if (count === undefined)
      return this.decode(operation, await this.call(operation, options, () => commands.srandmember(made, reads)), made)
    const most = toWholeNumber(count, Number.MIN_SAFE_INTEGER, 'count')
    const stored = await this.call(operation, options, () => commands.srandmembers(made, most, reads))
    return this.decodeAll(operation, stored ?? [], made)
  }

  /** Moves a member to another set; whether it was there. */
  async smove(source: Key, destination: Key, member: unknown, options: StoreOptions = {}): Promise<boolean> {
    const from = this.makeKey(source, options)
    const to = this.#destination(destination, options)
    const encoded = this.parts.codec.encodeMember(member, from)
    return this.callWith('smove', options, encoded, (ready) => commands.smove(from, to, ready))
  }

  /** The members of the first set that are in none of the others. */
  sdiff<T>(keys: Iterable<Key>, options: ReadOptions = {}): Promise<T[]> {
    return this.#combine('sdiff', 'DIFF', keys, options)
  }

  /** The members that are in all sets. */
  sinter<T>(keys: Iterable<Key>, options: ReadOptions = {}): Promise<T[]> {
    return this.#combine('sinter', 'INTER', keys, options)
  }

  /** The members that are in any of the sets. */
  sunion<T>(keys: Iterable<Key>, options: ReadOptions = {}): Promise<T[]> {
    return this.#combine('sunion', 'UNION', keys, options)
  }

  /** Keeps what {@link sdiff} gives under another key, in place of what was there; how many these are. */
  sdiffstore(destination: Key, keys: Iterable<Key>, options: StoreOptions = {}): Promise<number> {
    return this.#store('sdiffstore', 'DIFF', destination, keys, options)
  }

  /** Keeps what {@link sinter} gives under another key, in place of what was there; how many these are. */
  sinterstore(destination: Key, keys: Iterable<Key>, options: StoreOptions = {}): Promise<number> {
    return this.#store('sinterstore', 'INTER', destination, keys, options)
  }

  /** Keeps what {@link sunion} gives under another key, in place of what was there; how many these are. */
  sunionstore(destination: Key, keys: Iterable<Key>, options: StoreOptions = {}): Promise<number> {
    return this.#store('sunionstore', 'UNION', destination, keys, options)
  }

  async #combine<T>(
    operation: 'sdiff' | 'sinter' | 'sunion',
    how: commands.Combination,
    keys: Iterable<Key>,
    options: ReadOptions,
  ): Promise<T[]> {
    const made = this.makeKeys(keys, options)
    const [first] = made
    if (first === undefined) return []
    const stored = await this.call(operation, options, () => commands.combine(how, made, this.parts.codec.reads))
    return this.decodeAll(operation, stored, first)
  }

  async #store(
    operation: 'sdiffstore' | 'sinterstore' | 'sunionstore',
    how: commands.Combination,
    destination: Key,
    keys: Iterable<Key>,
    options: StoreOptions,
  ): Promise<number> {
    const to = this.#destination(destination, options)
    const made = this.makeKeys(keys, options)
    if (made.length === 0) throw new KeyError(`${operation} needs the key of at least one set.`)
    return this.call(operation, options, () => commands.combineInto(how, to, made))
  }

  #destination(destination: Key, { version, destinationVersion = version }: StoreOptions): string {
    return this.makeKey(destination, { version: destinationVersion })
  }
}
