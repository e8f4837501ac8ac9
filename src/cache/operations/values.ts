import type { Call } from '../../clients/command.js'
import { concatenated, sizeOf, split, total } from '../../clients/split.js'
import { mappedAnswer } from '../../clients/commands/answer.js'
import { mapped } from '../../clients/commands/build.js'
import { get, mget, unlink } from '../../clients/commands/strings.js'
import { tagsOfFrame } from '../../codec/frame.js'
import { toBytes, type Value } from '../../codec/value.js'
import { after, allOf, isPromise, mapAll } from '../../promises.js'
import { ErrorReply } from '../../connection/connection.js'
import type { Key } from '../../keys/key-maker.js'
import { isOfAnotherType } from '../checked-reply.js'
import type { FailSafe } from '../fail-safe.js'
import { exclusive, isIterable, listOf, pairsOf } from '../input.js'
import {
  noOptions,
  type CallOptions,
  type GetOptions,
  type ReadOptions,
  type SetManyOptions,
  type SetOptions,
  type TagOptions,
  type TaggedReadOptions,
  type WriteOptions,
} from '../options.js'
import { describe, none, type Operation, type OperationTable } from '../operation.js'
import {
  callOptions,
  getOptions,
  readOptions,
  setManyOptions,
  setOptions,
  taggedReadOptions,
  writeOptions,
} from '../option-checks.js'
import { Encoding, prepare } from '../runner.js'
import type { TagQuestion } from '../tags/tag-numbers.js'
import { Operations } from './base.js'
import { forClient, type OperationContext } from './context.js'
import { getManyNear, getNear, nearFor } from './near-reads.js'
import { missed, noted, notedMany } from './noted.js'
import { taggerFor, writeOf, writingOf } from './writing.js'

const operations = describe({
  get: { takes: getOptions, outage: undefined },
  getMany: { takes: taggedReadOptions, outage: none },
  has: { takes: readOptions, outage: false },
  set: { takes: setOptions, outage: false },
  add: { takes: writeOptions, outage: false },
  setMany: { takes: setManyOptions, outage: undefined },
  delete: { takes: callOptions, outage: false },
  deleteMany: { takes: callOptions, outage: 0 },
  pull: { takes: callOptions, outage: undefined },
})

/** Values under their keys. */
export class Values extends Operations {
  static readonly operations: OperationTable = operations

  /**
   * Reads one value. Resolves to `undefined` when the key does not exist, when its value is past its ttl and `stale` is not
   * asked for, or when another program keeps something there that is not a value, such as a list.
   * @example
   * const user = await cache.get<User>('user:1')
   */
  get<T>(key: Key, options: GetOptions = noOptions): Promise<T | undefined> {
    const { context } = this
    try {
      const copy = options === noOptions ? context.near?.findOwn(key) : undefined
      if (copy?.isDecoded === true) return Promise.resolve(noted(context, copy.read() as T | undefined, 'near'))
      const made = context.key(operations.get, key, options)
      const near = nearFor(context, options)
      if (near !== undefined) return getNear<T>(context, near, operations.get, made, options, copy)
      const asked = questionIfLimited(context, options)
      const named = tagsBeside(context, operations.get, options)
      if (named.length > 0) return getWithTags(context, made, options, named, asked)
      return context.runner
        .run(get(made, context.codec.reads), forClient(options))
        .then(
          (stored) => noted(context, context.reader.valueOf<T>(operations.get, options, stored, made, asked)),
          whenGetFails(context, options),
        )
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
  async getMany<T>(keys: Iterable<Key>, options: TaggedReadOptions = noOptions): Promise<Map<Key, T>> {
    const { context } = this
    const asked = listOf(keys, 'keys')
    const made = context.keysOf(operations.getMany, asked, options)
    const found = new Map<Key, T>()
    if (made.length === 0) return found
    const near = nearFor(context, options)
    if (near !== undefined) {
      const keys = asked.map((key, index) => [key, made[index] as string] as const)
      return getManyNear<T>(context, near, operations.getMany, keys, options)
    }
    const read = context.codec.framed ? framedValuesOf : valuesOf
    const values = await read<T>(context, made, options)
    for (let index = 0; index < values.length; index++) {
      const value = values[index]
      if (value !== undefined) found.set(asked[index] as Key, value)
    }
    notedMany(context, values, asked.length)
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
    options: SetManyOptions = noOptions,
  ): Promise<Key[]> {
    const { context } = this
    const pairs = pairsOf<Key, unknown>(entries, 'keys and their values')
    const made = context.keysOf(operations.setMany, pairs.map(leftOf), options)
    const { tags, ...untagged } = options
    const writing = writingOf(context, operations.setMany, untagged, undefined)
    if (made.length === 0) return []
    const tag = taggerFor(context, operations.setMany, writing, options)
    const writes = mapAll(pairs, ([, value], index) =>
      writeOf(context, made[index] as string, value, writing, tag?.(typeof tags === 'function' ? tags(value) : tags)),
    )
    const calls = prepare(made, writes, (ready) => ready)
    const replies = await context.orAnswer(
      operations.setMany,
      options,
      context.runner.runMany(calls, forClient(options)),
    )
    if (replies === undefined) return pairs.map(leftOf)
    return pairs.filter((_, index) => replies[index] instanceof ErrorReply).map(leftOf)
  }

  /**
   * Writes a value when its key does not exist. Resolves to true if the key did not exist. A ttl of 0 or less writes
   * nothing.
   * @example
   * if (await cache.add('job:7', 'taken', { ttl: '1m' })) await run(7)
   */
  add(key: Key, value: unknown, options: WriteOptions = noOptions): Promise<boolean> {
    return write(this.context, operations.add, key, value, options, 'NX')
  }

  /**
   * Deletes one key. Resolves to true if it existed, be it past its ttl and within its grace.
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
    const make = (part: readonly string[]): Call<number> =>
      this.context.sparing(operations.deleteMany, options, unlink(part))
    const deletes = split(made, { size: sizeOf, make, join: total })
    return this.context.runSplit(operations.deleteMany, options, deletes)
  }

  /**
   * Reads one value and deletes its key, in one step: of many who ask at once, one gets the value. Resolves to `undefined`
   * when the key does not exist, or its value is past its ttl, which is deleted all the same; and when another program
   * keeps something there that is not a value, which stays. A pull that was sent is never repeated: when it rejects with
   * `sent`, the value may be gone.
   * @throws {CodecError} E_CODEC for a value that cannot be read, which is gone
   * @example
   * const token = await cache.pull<Token>('token:7f3a')
   */
  async pull<T>(key: Key, options: CallOptions = noOptions): Promise<T | undefined> {
    const { context } = this
    const made = context.key(operations.pull, key, options)
    const asked = questionIfLimited(context, options)
    const stored = await context
      .call(operations.pull, options, () => context.entries.pull(made, context.codec.reads))
      .catch(absentIfOfAnotherType)
    // The server has judged whether it is past its ttl, but not by its tags, which may say that it is stale since.
    const stale = !context.codec.framed || tagsIn([stored]).length === 0
    return noted(context, context.reader.valueOf<T>(operations.pull, { ...options, stale }, stored, made, asked))
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
    const count = this.context.entries.count(made)
    return this.context.callEntry(operations.has, options, () => mappedAnswer(count, (there) => there === made.length))
  }
}

/**
 * What a `get` answers when it fails: a value of another type is absent. Hot path: one function for all calls of a cache,
 * for thousands may wait (`npm run bench -- heap`).
 */
function whenGetFails(context: OperationContext, options: GetOptions): (error: unknown) => undefined {
  const failSafe = context.failSafe.of(options)
  const known = failedGets.get(failSafe)
  if (known !== undefined) return known
  const failed = (error: unknown): undefined => missed(context, failSafe, operations.get, error)
  failedGets.set(failSafe, failed)
  return failed
}

const failedGets = new WeakMap<FailSafe, (error: unknown) => undefined>()

/** Reads a value together with the tags that were named. */
async function getWithTags<T>(
  context: OperationContext,
  made: string,
  options: GetOptions,
  named: readonly string[],
  asked = context.questionOf(options),
): Promise<T | undefined> {
  const reading = context.tags.valueWith(made, context.codec.reads, named, asked)
  const stored = await context.orAnswer(operations.get, options, reading)
  return noted(context, context.reader.valueOf<T>(operations.get, options, stored, made, asked))
}

/** What a call with a deadline asks of tags. Hot path: without one it is made for a value that has tags, and for no other. */
function questionIfLimited(context: OperationContext, options: ReadOptions): TagQuestion | undefined {
  return options.deadline === undefined ? undefined : context.questionOf(options)
}

/**
 * Reads many values without frames. Each portion is decoded when it comes, while the server works on the next one
 * (bench/suites/many-keys.mjs).
 */
async function valuesOf<T>(
  context: OperationContext,
  made: readonly string[],
  options: TaggedReadOptions,
): Promise<readonly (T | undefined)[]> {
  tagsBeside(context, operations.getMany, options)
  const { reader } = context
  const reads = split(made, {
    size: sizeOf,
    make: (part) =>
      mapped(readOf(context, part, options), (stored) =>
        mapAll(stored, (one, index) => reader.valueOf<T>(operations.getMany, options, one, part[index] as string)),
      ),
    join: (portions) => after(allOf(portions), concatenated),
  })
  return context.runSplit(operations.getMany, options, reads)
}

/** As {@link valuesOf}, of values with frames: the tags of all of them are learned together, before one is judged. */
async function framedValuesOf<T>(
  context: OperationContext,
  made: readonly string[],
  options: TaggedReadOptions,
): Promise<readonly (T | undefined)[]> {
  const asks = context.questionOf(options)
  const make = (part: readonly string[]): Call<readonly (Value | undefined)[]> => readOf(context, part, options)
  const [stored] = await Promise.all([
    context.runSplit(operations.getMany, options, split(made, { size: sizeOf, make, join: concatenated })),
    context.tags.learn(tagsBeside(context, operations.getMany, options), asks),
  ])
  await context.tags.learn(tagsIn(stored), asks)
  return mapAll(stored, (one, index) =>
    context.reader.valueOf<T>(operations.getMany, options, one, made[index] as string, asks),
  )
}

/** Makes the command that reads the values of many keys. */
function readOf(
  context: OperationContext,
  keys: readonly string[],
  options: TaggedReadOptions,
): Call<readonly (Value | undefined)[]> {
  return context.sparing(operations.getMany, options, mget(keys, context.codec.reads))
}

/**
 * The tags that are read beside the values of a call: those that it names, but none in a pipeline. Its values are read when
 * it is sent, and what is known of their tags must not be older.
 */
function tagsBeside(context: OperationContext, operation: Operation, options: TagOptions): readonly string[] {
  const named = context.tagsOf(operation, options)
  return context.pipelined === undefined ? named : none
}

/** The tags of all stored values. What cannot be read is told when the values are. */
export function tagsIn(stored: readonly (Value | undefined)[]): readonly string[] {
  return stored.flatMap((one) => (one === undefined ? [] : tagsOfFrame(toBytes(one))))
}

/** Writes one value. */
function write(
  context: OperationContext,
  operation: Operation<boolean>,
  key: Key,
  value: unknown,
  options: SetOptions,
  only?: 'NX',
): Promise<boolean> {
  return context.callEntry(operation, options, () => {
    const made = context.key(operation, key, options)
    const writing = writingOf(context, operation, options, only ?? conditionOf(options))
    const tagging = taggerFor(context, operation, writing, options)?.(options.tags)
    const call = writeOf(context, made, value, writing, tagging)
    return isPromise(call) ? new Encoding([made], call) : call
  })
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

function absentIfOfAnotherType(error: unknown): undefined {
  if (!isOfAnotherType(error)) throw error
}
