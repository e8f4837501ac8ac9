import type { Call, Value } from '../../clients/command.js'
import { concatenated, sizeOf, split, total } from '../../clients/split.js'
import { mapped } from '../../clients/commands/build.js'
import { exists, get, mget, set, unlink, type SetCondition } from '../../clients/commands/strings.js'
import { isPromise, mapAll } from '../../promises.js'
import { ErrorReply } from '../../connection/connection.js'
import { CommandError } from '../../errors.js'
import type { Key } from '../../keys/key-maker.js'
import type { Milliseconds } from '../../units.js'
import { exclusive, isIterable, listOf, pairsOf } from '../input.js'
import { noOptions, type CallOptions, type ReadOptions, type SetOptions, type TtlOptions } from '../options.js'
import { isOver } from '../ttl.js'
import { describe, none, type rejects, type Operation, type OperationTable } from '../operation.js'
import { callOptions, readOptions, setOptions, ttlOptions } from '../option-checks.js'
import { prepare, type Prepared } from '../runner.js'
import { Operations } from './base.js'
import { forClient, type OperationContext } from './context.js'

const operations = describe({
  get: { takes: readOptions, outage: undefined },
  getMany: { takes: readOptions, outage: none },
  has: { takes: readOptions, outage: false },
  set: { takes: setOptions, outage: false },
  add: { takes: ttlOptions, outage: false },
  setMany: { takes: ttlOptions, outage: undefined },
  delete: { takes: callOptions, outage: false },
  deleteMany: { takes: callOptions, outage: 0 },
})

/** Values under their keys. */
export class Values extends Operations {
  static readonly operations: OperationTable = operations

  /**
   * Reads one value. Resolves to `undefined` when the key does not exist, or when another program keeps something there
   * that is not a value, such as a list.
   * @example
   * const user = await cache.get<User>('user:1')
   */
  get<T>(key: Key, options: ReadOptions = noOptions): Promise<T | undefined> {
    const { context } = this
    try {
      const made = context.key(operations.get, key, options)
      return context.runner
        .run(get(made, context.codec.reads), forClient(options))
        .then((stored) => context.decode<T>(operations.get, stored, made), whenGetFails(context))
    } catch (error) {
      return Promise.reject(error)
    }
  }

  /**
   * Reads many values in one round trip, more than 1,000 of them in portions. Resolves to a Map in the order asked,
   * without the keys that do not exist.
   * @example
   * const users = await cache.getMany<User>(['user:1', 'user:2'])
   */
  async getMany<T>(keys: Iterable<Key>, options: ReadOptions = noOptions): Promise<Map<Key, T>> {
    const { context } = this
    const asked = listOf(keys, 'keys')
    const made = context.keysOf(operations.getMany, asked, options)
    const found = new Map<Key, T>()
    if (made.length === 0) return found
    const reads = split(made, {
      size: sizeOf,
      make: (part) => context.sparing(operations.getMany, mget(part, context.codec.reads)),
      join: concatenated,
    })
    const stored = await context.runSplit(operations.getMany, options, reads)
    const values = mapAll(stored, (one, index) => context.decode<T>(operations.getMany, one, made[index] as string))
    const ready = isPromise(values) ? await values : values
    for (let index = 0; index < ready.length; index++) {
      const value = ready[index]
      if (value !== undefined) found.set(asked[index] as Key, value)
    }
    return found
  }

  /**
   * Writes one value. Resolves to true if it was written, and to false when `nx` or `xx` refused it. A ttl of 0 or less
   * deletes the key and resolves to true.
   * @example
   * await cache.set('user:1', { name: 'Ada' }, { ttl: '10m' })
   */
  set(key: Key, value: unknown, options: SetOptions = noOptions): Promise<boolean> {
    return write(this.context, operations.set, key, value, options)
  }

  /**
   * Writes many values in one round trip, more than 1,000 of them in portions. Resolves to the keys that the server
   * refused. Nothing is written when a key or value is not one.
   * @example
   * const refused = await cache.setMany({ 'user:1': ada, 'user:2': grace }, { ttl: '10m' })
   */
  async setMany(
    entries: Iterable<readonly [Key, unknown]> | Readonly<Record<string, unknown>>,
    options: TtlOptions = noOptions,
  ): Promise<Key[]> {
    const { context } = this
    const pairs = pairsOf<Key, unknown>(entries, 'keys and their values')
    const made = context.keysOf(operations.setMany, pairs.map(leftOf), options)
    const ttl = context.ttlOf(options)
    if (made.length === 0) return []
    const encoded = mapAll(pairs, ([, value], index) => context.codec.encode(value, made[index] as string))
    const condition: SetCondition = { ttl, only: undefined }
    const calls = prepare(made, encoded, (values) =>
      values.map((value, index) => setOrDelete(made[index] as string, value, condition)),
    )
    const replies = await context.orAnswer(operations.setMany, context.runner.runMany(calls, forClient(options)))
    if (replies === undefined) return pairs.map(leftOf)
    return pairs.filter((_, index) => replies[index] instanceof ErrorReply).map(leftOf)
  }

  /**
   * Writes a value when its key does not exist. Resolves to true if the key did not exist. A ttl of 0 or less writes
   * nothing.
   * @example
   * if (await cache.add('job:7', 'taken', { ttl: '1m' })) await run(7)
   */
  add(key: Key, value: unknown, options: TtlOptions = noOptions): Promise<boolean> {
    return write(this.context, operations.add, key, value, options, 'NX')
  }

  /**
   * Deletes one key. Resolves to true if it existed.
   * @example
   * await cache.delete('user:1')
   */
  async delete(key: Key, options: CallOptions = noOptions): Promise<boolean> {
    return this.context.callOn(operations.delete, key, options, (made) => mapped(unlink([made]), isAny))
  }

  /**
   * Deletes many keys, more than 1,000 of them in portions. Resolves to how many existed.
   * @example
   * await cache.deleteMany(['user:1', 'user:2'])
   */
  async deleteMany(keys: Iterable<Key>, options: CallOptions = noOptions): Promise<number> {
    const made = this.context.keysOf(operations.deleteMany, keys, options)
    if (made.length === 0) return 0
    const make = (part: readonly string[]): Call<number> => this.context.sparing(operations.deleteMany, unlink(part))
    const deletes = split(made, { size: sizeOf, make, join: total })
    return this.context.runSplit(operations.deleteMany, options, deletes)
  }

  /**
   * Looks whether a key exists. Resolves to true if it does; of many keys, if all of them do.
   * @example
   * if (await cache.has('report')) console.log('it is there')
   */
  async has(keys: Key | Iterable<Key>, options: ReadOptions = noOptions): Promise<boolean> {
    const made = isIterable(keys)
      ? this.context.keysOf(operations.has, keys, options)
      : [this.context.key(operations.has, keys, options)]
    if (made.length === 0) return true
    return this.context.call(operations.has, options, () => mapped(exists(made), (there) => there === made.length))
  }
}

/**
 * What a `get` answers when it fails: a value of another type is absent. Hot path: one function for all calls of a cache,
 * for thousands may wait (`npm run bench -- heap`).
 */
function whenGetFails(context: OperationContext): (error: unknown) => undefined {
  const known = failedGets.get(context)
  if (known !== undefined) return known
  const failed = (error: unknown): undefined =>
    isOfAnotherType(error) ? undefined : context.failSafe.answer(operations.get, error)
  failedGets.set(context, failed)
  return failed
}

const failedGets = new WeakMap<OperationContext, (error: unknown) => undefined>()

/** Writes one value. */
export function write(
  context: OperationContext,
  operation: Operation<boolean | typeof rejects>,
  key: Key,
  value: unknown,
  options: SetOptions,
  only?: 'NX',
): Promise<boolean> {
  return context.call(operation, options, () => {
    context.check(operation, options)
    return prepareSet(context, key, value, only ?? conditionOf(options), context.ttlOf(options), options)
  })
}

/** A ttl that is over keeps nothing; it is still for the value to be one. */
function prepareSet(
  context: OperationContext,
  key: Key,
  value: unknown,
  only: 'NX' | 'XX' | undefined,
  ttl: Milliseconds | undefined,
  { version }: SetOptions,
): Prepared<Call<boolean>> {
  const made = context.keys.make(key, version)
  const encoded = context.codec.encode(value, made)
  // Spares the promise and the closure of what is encoded at once: bench/suites.
  if (!isPromise(encoded)) return setOrDelete(made, encoded, { ttl, only })
  return prepare([made], encoded, (ready) => setOrDelete(made, ready, { ttl, only }))
}

function setOrDelete(made: string, value: Value, condition: SetCondition): Call<boolean> {
  return isOver(condition.ttl) ? setNothing(made, condition.only) : set(made, value, condition)
}

/** Asks the primary, as the write would that it stands for. */
function setNothing(made: string, only: 'NX' | 'XX' | undefined): Call<boolean> {
  if (only === 'NX') return { ...mapped(exists([made]), (there) => there === 0), intent: 'write' }
  return mapped(unlink([made]), (removed) => only === undefined || removed > 0)
}

function conditionOf(options: SetOptions): 'NX' | 'XX' | undefined {
  if (options === noOptions) return undefined
  const only = exclusive(options, 'nx', 'xx')
  return only === undefined ? undefined : only === 'nx' ? 'NX' : 'XX'
}

function leftOf<Left>([left]: readonly [left: Left, right: unknown]): Left {
  return left
}

function isAny(count: number): boolean {
  return count > 0
}

/** As MGET has it: lists, sets and hashes are no values. */
export function isOfAnotherType(error: unknown): boolean {
  return error instanceof CommandError && error.reply.startsWith('WRONGTYPE')
}
