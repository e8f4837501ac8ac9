import type { CallOptions } from '../clients/client.js'
import type { Codec, Opened } from '../codec/codec.js'
import type { Value } from '../codec/value.js'
import { CommandTimeoutError } from '../errors.js'
import { after } from '../promises.js'
import { within } from './within.js'
import type { WriteListener } from './write-watch.js'

/**
 * What one memo has read. The answer to a read is remembered, also that there is no value; who asks while a key is being
 * read waits for that read. An answer is forgotten when its key is about to be written through the memo.
 * Shape: answers of loads stand apart from those of other reads, so that a `get` never waits for a loader.
 */
export class Answers implements WriteListener {
  readonly #codec: Codec
  readonly #reads = new Map<string, Answer>()
  readonly #loads = new Map<string, Answer>()
  /** How objects that were read are made again. */
  readonly #origins = new WeakMap<object, Origin>()

  constructor(codec: Codec) {
    this.#codec = codec
  }

  /** Gives what was loaded or read, or reads it. */
  get<T>(key: string, options: CallOptions, read: () => Promise<T | undefined>): Promise<T | undefined> {
    return this.recall<T>(key, options) ?? this.#ask(this.#reads, key, options, read)
  }

  /** Gives what was loaded or read; undefined when that is not known. */
  recall<T>(key: string, options: CallOptions): Promise<T | undefined> | undefined {
    const load = this.#loads.get(key)
    const answer = load?.known === true ? load : this.#reads.get(key)
    return answer?.shared === true ? this.#join<T>(answer, options) : undefined
  }

  /** Gives what was loaded or read; undefined when that is not known, or still under way. */
  remembered<T>(key: string, options: CallOptions): Promise<T | undefined> | undefined {
    const answer = [this.#loads.get(key), this.#reads.get(key)].find((one) => one?.known === true)
    return answer && this.#join<T>(answer, options)
  }

  /** Gives what was loaded or read, waits for the load that is under way, or begins one. */
  async load<T>(key: string, options: CallOptions, load: () => Promise<T>): Promise<T> {
    const loaded = this.loaded<T>(key, options)
    const value = loaded === undefined ? undefined : await loaded
    if (value !== undefined) return value
    // Somebody who waited too may have begun one.
    const running = this.#loads.get(key)
    const joins = running?.shared === true && !running.known
    return joins ? (this.#join(running, options) as Promise<T>) : this.reload(key, options, load)
  }

  /**
   * Gives what was loaded or read, or waits for the load or the read that is under way; undefined when there is none. A
   * read that fails is a miss: a load goes on without it.
   */
  loaded<T>(key: string, options: CallOptions): Promise<T | undefined> | undefined {
    const load = this.#loads.get(key)
    if (load?.shared === true) return this.#join<T>(load, options)
    const read = this.#reads.get(key)
    return read?.shared === true ? this.#join<T>({ outcome: read.outcome.catch(missed) }, options) : undefined
  }

  /** Begins a load, whatever was read before. */
  reload<T>(key: string, options: CallOptions, load: () => Promise<T>): Promise<T> {
    return this.#ask(this.#loads, key, options, load)
  }

  /** Notes how an object that was read is made again, for another reader. */
  note(value: unknown, again: Origin): void {
    if (isObject(value)) this.#origins.set(value, again)
  }

  /** Notes that one object stands for another one. */
  noteAs(value: unknown, before: unknown): void {
    const again = isObject(before) ? this.#origins.get(before) : undefined
    if (again !== undefined) this.note(value, again)
  }

  /** Makes an object from what is stored, as one that is not due: what was read once is not due for who reads it again. */
  originOf(stored: Value, key: string, field?: string): Origin {
    return () => this.#codec.open(stored, key, field).read()
  }

  onWrite(keys: readonly string[]): void {
    for (const key of keys) this.#forget(key)
  }

  onWriteWhere(affects: (key: string) => boolean): void {
    for (const key of [...this.#reads.keys(), ...this.#loads.keys()]) if (affects(key)) this.#forget(key)
  }

  /** Which answers have the tags is not known here. */
  onInvalidation(): void {
    this.clear()
  }

  clear(): void {
    this.#reads.clear()
    this.#loads.clear()
  }

  async #ask<T>(
    answers: Map<string, Answer>,
    key: string,
    { signal, deadline }: CallOptions,
    ask: () => Promise<T>,
  ): Promise<T> {
    const answer = new Answer(this.#kept(key, ask), signal === undefined && deadline === undefined)
    answers.set(key, answer)
    try {
      const { value } = await answer.outcome
      answer.settle()
      return value as T
    } catch (error) {
      if (answers.get(key) === answer) answers.delete(key)
      throw error
    }
  }

  /** Nobody has the value before it is known how it is made again: its first reader may change it. */
  async #kept(key: string, ask: () => Promise<unknown>): Promise<Kept> {
    const value = await ask()
    if (!isObject(value)) return { value, again: undefined }
    return { value, again: this.#origins.get(value) ?? this.originOf(await this.#codec.encode(value, key), key) }
  }

  async #join<T>({ outcome }: Pick<Answer, 'outcome'>, { signal, deadline }: CallOptions): Promise<T | undefined> {
    const late = (ms: number): Error => new CommandTimeoutError('GET', ms, true)
    const { value, again } = await within(outcome, deadline, signal, late)
    return (again === undefined ? value : await again()) as T | undefined
  }

  #forget(key: string): void {
    this.#reads.delete(key)
    this.#loads.delete(key)
  }
}

/** Makes an object that was read for one more reader. */
export type Origin = () => unknown

/** A value that was read: an object is made for each further reader. */
interface Kept {
  readonly value: unknown
  readonly again: Origin | undefined
}

function missed(): Kept {
  return { value: undefined, again: undefined }
}

/** The answer to the reads of one key; its outcome may be to come. */
class Answer {
  readonly outcome: Promise<Kept>
  known = false
  /** Whether others may wait for it: not for a read that a caller's own signal or deadline may end. */
  shared: boolean

  constructor(outcome: Promise<Kept>, shared: boolean) {
    this.outcome = outcome
    this.shared = shared
  }

  settle(): void {
    this.known = true
    this.shared = true
  }
}

/**
 * Tells the answers of a memo how each object is decoded again. What is encoded is passed on with all that is given beside
 * it: an argument that such a codec does not name would be lost, and the compiler accepts a method that takes fewer.
 */
export class MemoCodec implements Required<Codec> {
  readonly reads: Codec['reads']
  readonly bareNumbers: boolean
  readonly framed: boolean
  readonly givesTrees = false
  readonly repack: Required<Codec>['repack']
  readonly #codec: Codec
  readonly #answers: Answers

  constructor(codec: Codec, answers: Answers) {
    this.reads = codec.reads
    this.bareNumbers = codec.bareNumbers
    this.framed = codec.framed
    this.repack = codec.repack?.bind(codec)
    this.#codec = codec
    this.#answers = answers
  }

  encode(...given: Parameters<Codec['encode']>): Value | Promise<Value> {
    return this.#codec.encode(...given)
  }

  encodeAbsence(...given: Parameters<Codec['encodeAbsence']>): Value {
    return this.#codec.encodeAbsence(...given)
  }

  encodeMember(member: unknown, key: string): Value | Promise<Value> {
    return this.#codec.encodeMember(member, key)
  }

  decode(stored: Value, key: string, field?: string): unknown {
    return this.#noted(this.#codec.decode(stored, key, field), this.#answers.originOf(stored, key, field))
  }

  open(stored: Value, key: string, field?: string): Opened {
    const opened = this.#codec.open(stored, key, field)
    return {
      fields: opened.fields,
      read: () => this.#noted(opened.read(), this.#answers.originOf(stored, key, field)),
      isAbsence: () => opened.isAbsence(),
    }
  }

  #noted(decoded: unknown, again: Origin): unknown {
    return noted(this.#answers, decoded, again)
  }
}

/** Gives what was decoded, and tells the answers of a memo how it is made again. */
export function noted(answers: Answers, decoded: unknown, again: Origin): unknown {
  return after(decoded, (value) => {
    answers.note(value, again)
    return value
  })
}

function isObject(value: unknown): value is object {
  return typeof value === 'object' && value !== null
}
