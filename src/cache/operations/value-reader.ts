import type { Value } from '../../clients/command.js'
import type { Scored } from '../../clients/commands/sorted-sets.js'
import type { Codec, Opened } from '../../codec/codec.js'
import type { Freshness } from '../../codec/frame.js'
import { CodecError } from '../../errors.js'
import { isPromise, mapAll } from '../../promises.js'
import type { Milliseconds } from '../../units.js'
import type { FailSafe } from '../fail-safe.js'
import { isServed } from '../freshness.js'
import type { LoadPolicy } from '../load-policy.js'
import type { Operation } from '../operation.js'
import type { CallOptions, GetOptions } from '../options.js'
import type { ServerTime } from '../server-time.js'
import type { TagNumbers, TagQuestion } from '../tags/tag-numbers.js'
import { over } from '../tags/validity.js'

/** What a reader works with: a part of the context of operations. */
interface ReaderParts {
  readonly codec: Codec
  readonly failSafe: FailSafe
  readonly loading: LoadPolicy
  readonly time: ServerTime
  readonly tags: TagNumbers
  /** What a call asks of tags that begins now. */
  questionOf(options: GetOptions): TagQuestion
}

/**
 * Reads stored values for operations, and judges entries by the time and by their tags. What cannot be read is a miss for
 * a fail-safe call.
 */
export class ValueReader {
  readonly #parts: ReaderParts

  constructor(parts: ReaderParts) {
    this.#parts = parts
  }

  /** Reads a stored value, or a field's of a hash; a promise where the codec takes its time. */
  decode<T>(
    operation: Operation,
    options: CallOptions,
    stored: Value | undefined,
    key: string,
    field?: string,
  ): T | undefined | Promise<T | undefined> {
    if (stored === undefined) return undefined
    try {
      return this.#settled(operation, options, this.#parts.codec.decode(stored, key, field) as T | PromiseLike<T>, key)
    } catch (error) {
      return this.#parts.failSafe.of(options).unreadable(operation, error, key)
    }
  }

  /** Reads stored values; those that cannot be read are left out when the call is fail-safe. */
  async decodeAll<T>(operation: Operation, options: CallOptions, stored: readonly Value[], key: string): Promise<T[]> {
    const values = await mapAll(stored, (one) => this.decode<T>(operation, options, one, key))
    return values.filter((value) => value !== undefined)
  }

  /** Reads stored members with their scores; those that cannot be read are left out when the call is fail-safe. */
  async decodeScored<T>(
    operation: Operation,
    options: CallOptions,
    stored: readonly Scored[],
    key: string,
  ): Promise<[T, number][]> {
    const members = await mapAll(stored, ([member]) => this.decode<T>(operation, options, member, key))
    return stored.flatMap(([, score], index) => {
      const member = members[index]
      return member === undefined ? [] : [[member, score]]
    })
  }

  /**
   * Reads what is stored under a key. In a cache whose values have frames, what is past its ttl is absent, and in a herd
   * cache what is due, unless `stale` is asked for; and so is a value of which a tag was invalidated.
   * @param asked what the call asks of tags, and has learned already; made when it is needed if the call has no deadline
   */
  valueOf<T>(
    operation: Operation,
    options: GetOptions,
    stored: Value | undefined,
    key: string,
    asked?: TagQuestion,
  ): T | undefined | Promise<T | undefined> {
    const { codec, failSafe } = this.#parts
    const { stale = false } = options
    if (stored === undefined || (!stale && !codec.framed)) return this.decode(operation, options, stored, key)
    try {
      return this.valueIn(operation, options, codec.open(stored, key), key, asked)
    } catch (error) {
      return failSafe.of(options).unreadable(operation, error, key)
    }
  }

  /** As {@link valueOf}, of what was opened. */
  valueIn<T>(
    operation: Operation,
    options: GetOptions,
    opened: Opened,
    key: string,
    asked?: TagQuestion,
  ): T | undefined | Promise<T | undefined> {
    const { failSafe, time } = this.#parts
    const { stale = false } = options
    try {
      const { freshness, tagField } = opened.fields
      if (tagField !== undefined) return this.#readTagged(operation, options, opened, key, asked)
      if (stale || freshness === undefined || freshness.until === 0) return this.#read(operation, options, opened, key)
      const now = time.nowForReads(key)
      if (now === undefined) return this.#readWhenAsked(operation, options, opened, key, asked)
      return this.#isServed(freshness, now) ? this.#read(operation, options, opened, key) : undefined
    } catch (error) {
      return failSafe.of(options).unreadable(operation, error, key)
    }
  }

  /** What the servers do not tell of its tags or of their time is the operation's outage. */
  async #readTagged<T>(
    operation: Operation,
    options: GetOptions,
    opened: Opened,
    key: string,
    asked = this.#parts.questionOf(options),
  ): Promise<T | undefined> {
    const { tags, time } = this.#parts
    try {
      const freshness = await tags.freshnessOf(key, opened.fields, asked)
      if (freshness === over) return undefined
      if (!options.stale && !this.#isServed(freshness, await time.ask(key, asked.options))) return undefined
    } catch (error) {
      if (error instanceof CodecError) return this.#parts.failSafe.of(options).unreadable(operation, error, key)
      return this.#absentIfOutage(operation, options, error)
    }
    return this.#read(operation, options, opened, key)
  }

  /** Where the server's clock is not known, it is asked; an outage is the operation's. */
  async #readWhenAsked<T>(
    operation: Operation,
    options: CallOptions,
    opened: Opened,
    key: string,
    asked = this.#parts.questionOf(options),
  ): Promise<T | undefined> {
    const now = await this.#parts.time
      .ask(key, asked.options)
      .catch((error: unknown) => this.#absentIfOutage(operation, options, error))
    if (now === undefined || !this.#isServed(opened.fields.freshness, now)) return undefined
    return this.#read(operation, options, opened, key)
  }

  /** Takes a value for absent that nobody can judge in an outage, where the call is fail-safe; else throws the error. */
  #absentIfOutage(operation: Operation, options: CallOptions, error: unknown): undefined {
    const failSafe = this.#parts.failSafe.of(options)
    if (!failSafe.enabled) throw error
    failSafe.survive(operation, error)
  }

  #read<T>(operation: Operation, options: CallOptions, opened: Opened, key: string): T | Promise<T | undefined> {
    return this.#settled(operation, options, opened.read() as T | PromiseLike<T>, key)
  }

  #settled<T>(
    operation: Operation,
    options: CallOptions,
    value: T | PromiseLike<T>,
    key: string,
  ): T | Promise<T | undefined> {
    if (!isPromise(value)) return value
    return Promise.resolve(value as PromiseLike<T>).catch((error: unknown) =>
      this.#parts.failSafe.of(options).unreadable(operation, error, key),
    )
  }

  #isServed(freshness: Freshness | undefined, now: Milliseconds): boolean {
    return isServed(freshness, now, { herdTimeout: this.#parts.loading.herdTimeout, random: Math.random() })
  }
}
