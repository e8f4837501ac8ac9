import * as commands from '../../clients/commands/sets.js'
import { concatenated, sizeOf, total, whole } from '../../clients/split.js'
import { KeyError } from '../../errors.js'
import type { Key } from '../../keys/key-maker.js'
import { toWholeNumber } from '../../units.js'
import { isNone, listOf } from '../input.js'
import { noOptions, type CallOptions, type ReadOptions, type StoreOptions } from '../options.js'
import { describe, none, type Operation, type OperationTable } from '../operation.js'
import { callOptions, readOptions, storeOptions } from '../option-checks.js'
import { Operations } from './base.js'
import type { OperationContext } from './context.js'

const operations = describe({
  sadd: { takes: callOptions, outage: 0 },
  srem: { takes: callOptions, outage: 0 },
  scard: { takes: readOptions, outage: 0 },
  smembers: { takes: readOptions, outage: none },
  sismember: { takes: readOptions, outage: false },
  smismember: { takes: readOptions, outage: none },
  spop: { takes: callOptions, outage: undefined },
  srandmember: { takes: readOptions, outage: undefined },
  smove: { takes: storeOptions, outage: false },
  sdiff: { takes: readOptions, outage: none },
  sinter: { takes: readOptions, outage: none },
  sunion: { takes: readOptions, outage: none },
  sdiffstore: { takes: storeOptions, outage: 0 },
  sinterstore: { takes: storeOptions, outage: 0 },
  sunionstore: { takes: storeOptions, outage: 0 },
})

/** Sets: members are values, compared by the bytes that they are stored as. */
export class Sets extends Operations {
  static readonly operations: OperationTable = operations

  /**
   * Adds members to a set. Resolves to how many of them are new. Up to 10,000 members and 1 MiB are one command, more
   * of them leave in portions.
   * @example
   * await cache.sadd('online', ['ada', 'grace'])
   */
  async sadd(key: Key, members: Iterable<unknown>, options: CallOptions = noOptions): Promise<number> {
    const made = this.context.key(operations.sadd, key, options)
    const encoded = this.context.encodeMembers(members, made)
    if (isNone(encoded)) return 0
    return this.context.callMany(operations.sadd, options, made, encoded, {
      size: sizeOf,
      make: (part) => commands.sadd(made, part),
      join: total,
      undivided: whole,
    })
  }

  /** Removes members from a set. Resolves to how many of them were there. */
  async srem(key: Key, members: Iterable<unknown>, options: CallOptions = noOptions): Promise<number> {
    const made = this.context.key(operations.srem, key, options)
    const encoded = this.context.encodeMembers(members, made)
    if (isNone(encoded)) return 0
    return this.context.callMany(operations.srem, options, made, encoded, {
      size: sizeOf,
      make: (part) => commands.srem(made, part),
      join: total,
    })
  }

  /** Resolves to how many members a set has. */
  async scard(key: Key, options: ReadOptions = noOptions): Promise<number> {
    return this.context.callOn(operations.scard, key, options, (made) => commands.scard(made))
  }

  /**
   * Resolves to all members of a set, in no order.
   * @example
   * const online = await cache.smembers<string>('online')
   */
  async smembers<T>(key: Key, options: ReadOptions = noOptions): Promise<T[]> {
    const made = this.context.key(operations.smembers, key, options)
    const stored = await this.context.call(operations.smembers, options, () =>
      commands.smembers(made, this.context.codec.reads),
    )
    return this.context.reader.decodeAll(operations.smembers, options, stored, made)
  }

  /** Resolves to true if the value is a member of the set. */
  async sismember(key: Key, member: unknown, options: ReadOptions = noOptions): Promise<boolean> {
    const made = this.context.key(operations.sismember, key, options)
    const encoded = this.context.codec.encodeMember(member, made)
    return this.context.callWith(operations.sismember, options, [made], encoded, (ready) =>
      commands.sismember(made, ready),
    )
  }

  /** Resolves to whether each of the values is a member, in the order asked. */
  async smismember(key: Key, members: Iterable<unknown>, options: ReadOptions = noOptions): Promise<boolean[]> {
    const made = this.context.key(operations.smismember, key, options)
    const asked = listOf(members, 'members')
    const encoded = this.context.encodeMembers(asked, made)
    if (isNone(encoded)) return []
    const found = await this.context.callMany(operations.smismember, options, made, encoded, {
      size: sizeOf,
      make: (part) => commands.smismember(made, part),
      join: concatenated,
    })
    return asked.map((_, index) => found[index] ?? false)
  }

  /** Takes a member out at random, or as many as `count`; `undefined`, or fewer, when there are not so many. */
  async spop<T>(key: Key, count?: undefined, options?: CallOptions): Promise<T | undefined>
  async spop<T>(key: Key, count: number, options?: CallOptions): Promise<T[]>
  async spop<T>(key: Key, count?: number, options: CallOptions = noOptions): Promise<T | T[] | undefined> {
    const made = this.context.key(operations.spop, key, options)
    const { reads } = this.context.codec
    if (count === undefined)
      return this.context.reader.decode(
        operations.spop,
        options,
        await this.context.call(operations.spop, options, () => commands.spop(made, reads)),
        made,
      )
    const most = toWholeNumber(count, 0, 'count')
    const stored = await this.context.call(operations.spop, options, () => commands.spopMany(made, most, reads))
    return this.context.reader.decodeAll(operations.spop, options, stored ?? [], made)
  }

  /** A member at random, which stays; or as many as `count`, the same more than once when `count` is negative. */
  async srandmember<T>(key: Key, count?: undefined, options?: ReadOptions): Promise<T | undefined>
  async srandmember<T>(key: Key, count: number, options?: ReadOptions): Promise<T[]>
  async srandmember<T>(key: Key, count?: number, options: ReadOptions = noOptions): Promise<T | T[] | undefined> {
    const made = this.context.key(operations.srandmember, key, options)
    const { reads } = this.context.codec
    const operation = operations.srandmember
    if (count === undefined)
      return this.context.reader.decode(
        operation,
        options,
        await this.context.call(operation, options, () => commands.srandmember(made, reads)),
        made,
      )
    const most = toWholeNumber(count, Number.MIN_SAFE_INTEGER, 'count')
    const stored = await this.context.call(operation, options, () => commands.srandmembers(made, most, reads))
    return this.context.reader.decodeAll(operation, options, stored ?? [], made)
  }

  /** Moves a member to another set. Resolves to true if it was there. */
  async smove(source: Key, destination: Key, member: unknown, options: StoreOptions = noOptions): Promise<boolean> {
    const from = this.context.key(operations.smove, source, options)
    const to = destinationKey(this.context, operations.smove, destination, options)
    const encoded = this.context.codec.encodeMember(member, from)
    return this.context.callWith(operations.smove, options, [from, to], encoded, (ready) =>
      commands.smove(from, to, ready),
    )
  }

  /** Resolves to the members of the first set that are in none of the others. */
  sdiff<T>(keys: Iterable<Key>, options: ReadOptions = noOptions): Promise<T[]> {
    return combination(this.context, operations.sdiff, 'DIFF', keys, options)
  }

  /** Resolves to the members that are in all of the sets. */
  sinter<T>(keys: Iterable<Key>, options: ReadOptions = noOptions): Promise<T[]> {
    return combination(this.context, operations.sinter, 'INTER', keys, options)
  }

  /** Resolves to the members that are in any of the sets. */
  sunion<T>(keys: Iterable<Key>, options: ReadOptions = noOptions): Promise<T[]> {
    return combination(this.context, operations.sunion, 'UNION', keys, options)
  }

  /**
   * Keeps what {@link sdiff} gives under another key, in place of what was there. Resolves to how many members these
   * are.
   */
  sdiffstore(destination: Key, keys: Iterable<Key>, options: StoreOptions = noOptions): Promise<number> {
    return storeCombination(this.context, operations.sdiffstore, 'DIFF', destination, keys, options)
  }

  /**
   * Keeps what {@link sinter} gives under another key, in place of what was there. Resolves to how many members these
   * are.
   */
  sinterstore(destination: Key, keys: Iterable<Key>, options: StoreOptions = noOptions): Promise<number> {
    return storeCombination(this.context, operations.sinterstore, 'INTER', destination, keys, options)
  }

  /**
   * Keeps what {@link sunion} gives under another key, in place of what was there. Resolves to how many members these
   * are.
   */
  sunionstore(destination: Key, keys: Iterable<Key>, options: StoreOptions = noOptions): Promise<number> {
    return storeCombination(this.context, operations.sunionstore, 'UNION', destination, keys, options)
  }
}

async function combination<T>(
  context: OperationContext,
  operation: Operation<readonly never[]>,
  how: commands.Combination,
  keys: Iterable<Key>,
  options: ReadOptions,
): Promise<T[]> {
  const made = context.keysOf(operation, keys, options)
  const [first] = made
  if (first === undefined) return []
  const stored = await context.call(operation, options, () => commands.combine(how, made, context.codec.reads))
  return context.reader.decodeAll(operation, options, stored, first)
}

async function storeCombination(
  context: OperationContext,
  operation: Operation<number>,
  how: commands.Combination,
  destination: Key,
  keys: Iterable<Key>,
  options: StoreOptions,
): Promise<number> {
  const to = destinationKey(context, operation, destination, options)
  const made = context.keysOf(operation, keys, options)
  if (made.length === 0) throw new KeyError(`${operation.name} needs the key of at least one set.`)
  return context.call(operation, options, () => commands.combineInto(how, to, made))
}

function destinationKey(
  context: OperationContext,
  operation: Operation,
  destination: Key,
  options: StoreOptions,
): string {
  context.check(operation, options)
  const { version, destinationVersion = version } = options
  return context.keys.make(destination, destinationVersion)
}
