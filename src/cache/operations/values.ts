import type { Call } from '../../clients/command.js'
import { mapped } from '../../clients/commands/build.js'
import { exists, get, mget, set, unlink } from '../../clients/commands/strings.js'
import { after } from '../../codec/stages.js'
import { ErrorReply } from '../../connection/connection.js'
import { CommandError } from '../../errors.js'
import type { Key } from '../../keys/key-maker.js'
import type { Milliseconds } from '../../units.js'
import { exclusive, isIterable, listOf, pairsOf } from '../input.js'
import type { CallOptions, ReadOptions, SetOptions, TtlOptions } from '../options.js'
import { isOver } from '../ttl.js'
import { allReady } from '../all-ready.js'
import { describe, none, type rejects, type Operation, type OperationTable } from '../operation.js'
import type { Prepared } from '../runner.js'
import { Operations } from './base.js'
import { forClient, type OperationContext } from './context.js'

const operations = describe({
  get: { outage: undefined },
  getMany: { outage: none },
  has: { outage: false },
  set: { outage: false },
  add: { outage: false },
  setMany: { outage: undefined },
  delete: { outage: false },
  deleteMany: { outage: 0 },
})

/** Values under their keys. */
export class Values extends Operations {
  static readonly operations: OperationTable = operations

  /** The value, or `undefined`, also when another program keeps something there that is no value, such as a list. */
  async get<T>(key: Key, options: ReadOptions = {}): Promise<T | undefined> {
    const { runner, keys, codec, failSafe } = this.context
    const made = keys.make(key, options.version)
    try {
      const stored = await runner.run(get(made, codec.reads), forClient(options))
      return stored === undefined ? undefined : this.context.decode<T>(operations.get, stored, made)
    } catch (error) {
      if (isOfAnotherType(error)) return undefined
      return failSafe.answer(operations.get, error)
    }
  }

  /** The values that are there, in the order asked, in one round trip. */
  async getMany<T>(keys: Iterable<Key>, options: ReadOptions = {}): Promise<Map<Key, T>> {
    const asked = listOf(keys, 'keys')
    if (asked.length === 0) return new Map()
    const made = asked.map((key) => this.context.key(key, options))
    const stored = await this.context.call(operations.getMany, options, () => mget(made, this.context.codec.reads))
    const values = await allReady(
      made.map((key, index) => this.context.decode<T>(operations.getMany, stored[index], key)),
    )
    const found = new Map<Key, T>()
    for (const [index, value] of values.entries()) if (value !== undefined) found.set(asked[index] as Key, value)
    return found
  }

  /** Whether it was written: false when `nx` or `xx` refused. A ttl of 0 or less deletes. */
  async set(key: Key, value: unknown, options: SetOptions = {}): Promise<boolean> {
    return write(this.context, operations.set, key, value, options)
  }

  /** Writes many in one round trip; returns the keys that the server refused. */
  async setMany(
    entries: Iterable<readonly [Key, unknown]> | Readonly<Record<string, unknown>>,
    options: TtlOptions = {},
  ): Promise<Key[]> {
    const { runner, failSafe } = this.context
    const pairs = pairsOf<Key, unknown>(entries, 'keys and their values')
    const ttl = this.context.ttlOf(options)
    const calls = pairs.map(([key, value]) => prepareSet(this.context, key, value, ttl, options))
    if (calls.length === 0) return []
    try {
      const replies = await runner.runMany(calls, forClient(options))
      return pairs.flatMap(([key], index) => (replies[index] instanceof ErrorReply ? [key] : []))
    } catch (error) {
      return failSafe.answer(operations.setMany, error) ?? pairs.map(([key]) => key)
    }
  }

  /** Writes when the key is absent; returns whether it was. A ttl of 0 or less only looks. */
  async add(key: Key, value: unknown, options: TtlOptions = {}): Promise<boolean> {
    return write(this.context, operations.add, key, value, { ...options, nx: true })
  }

  /** Whether it was there. */
  async delete(key: Key, options: CallOptions = {}): Promise<boolean> {
    return this.context.call(operations.delete, options, () => mapped(unlink([this.context.key(key, options)]), isAny))
  }

  /** How many were there. */
  async deleteMany(keys: Iterable<Key>, options: CallOptions = {}): Promise<number> {
    const made = this.context.keysOf(keys, options)
    return made.length === 0 ? 0 : this.context.call(operations.deleteMany, options, () => unlink(made))
  }

  /** Whether it is there; of many, whether all of them are. */
  async has(keys: Key | Iterable<Key>, options: ReadOptions = {}): Promise<boolean> {
    const made = isIterable(keys) ? this.context.keysOf(keys, options) : [this.context.key(keys, options)]
    if (made.length === 0) return true
    return this.context.call(operations.has, options, () => mapped(exists(made), (there) => there === made.length))
  }
}

/** Writes one value. */
export async function write(
  context: OperationContext,
  operation: Operation<boolean | typeof rejects>,
  key: Key,
  value: unknown,
  options: SetOptions,
): Promise<boolean> {
  const { runner, failSafe } = context
  const call = prepareSet(context, key, value, context.ttlOf(options), options)
  try {
    return await runner.run(call, forClient(options))
  } catch (error) {
    return failSafe.answer(operation, error)
  }
}

/** A ttl that is over keeps nothing; it is still for the value to be one. */
function prepareSet(
  context: OperationContext,
  key: Key,
  value: unknown,
  ttl: Milliseconds | undefined,
  options: SetOptions,
): Prepared<boolean> {
  const only = conditionOf(options)
  const made = context.key(key, options)
  return after(context.codec.encode(value, made), (encoded) =>
    isOver(ttl) ? setNothing(made, only) : set(made, encoded, { ttl, only }),
  )
}

/** Asks the primary, as the write would that it stands for. */
function setNothing(made: string, only: 'NX' | 'XX' | undefined): Call<boolean> {
  if (only === 'NX') return { ...mapped(exists([made]), (there) => there === 0), intent: 'write' }
  return mapped(unlink([made]), (removed) => only === undefined || removed > 0)
}

function conditionOf(options: SetOptions): 'NX' | 'XX' | undefined {
  const only = exclusive(options, 'nx', 'xx')
  return only === undefined ? undefined : only === 'nx' ? 'NX' : 'XX'
}

function isAny(count: number): boolean {
  return count > 0
}

/** As MGET has it: lists, sets and hashes are no values. */
export function isOfAnotherType(error: unknown): boolean {
  return error instanceof CommandError && error.reply.startsWith('WRONGTYPE')
}
