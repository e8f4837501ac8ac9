import { isMap, isSet, isUint8Array } from 'node:util/types'
import { CodecError } from '../../../errors.js'
import { className, isMutable, isPlain } from './kinds.js'
import { writeInt, writeNumber } from './numbers.js'
import { opcode } from './opcodes.js'
import { Output } from './output.js'
import { ClassName, FreshText, type Reduction, reductionOf } from './reductions.js'
import { deepest } from './refuse.js'
import { isShortAscii, writeUtf8 } from './text.js'
import { PyBytearray, PyFrozenset, PyOrderedDict, PyTuple } from './types/collections.js'

/** The pickle protocols that are written: 4 is CPython's default up to 3.13, 5 from 3.14 on. */
export type PickleProtocol = 4 | 5

/**
 * A value as a pickle, byte for byte as CPython's C pickler writes the same value: an object that is
 * referred to twice is written once, and so is equal text.
 * Fields that are undefined are left out, as in JSON.
 * @throws {TypeError} for `undefined` elsewhere, functions and symbols
 * @throws {CodecError} E_CODEC for what Python does not have, and for more than 1000 objects in each other
 */
export function writePickle(value: unknown, protocol: PickleProtocol): Buffer {
  return new Writer(protocol).write(value)
}

class Writer {
  readonly #protocol: PickleProtocol
  readonly #out = new Output()
  /** What was written already, and where the reader's memo has it. */
  readonly #memo = new Map<unknown, number>()
  #depth = 0
  /** Tuples that Python cannot hash, for what they hold. */
  readonly #unhashable = new Set<unknown>()

  constructor(protocol: PickleProtocol) {
    this.#protocol = protocol
  }

  write(value: unknown): Buffer {
    this.#out.header(this.#protocol)
    this.#save(value)
    return this.#out.finish()
  }

  #save(value: unknown): void {
    this.#out.boundary()
    if (value === null) return this.#out.byte(opcode.NONE)
    switch (typeof value) {
      case 'string':
        return this.#text(value)
      case 'number':
        return writeNumber(this.#out, value)
      case 'bigint':
        return writeInt(this.#out, value)
      case 'boolean':
        return this.#out.byte(value ? opcode.NEWTRUE : opcode.NEWFALSE)
      case 'object':
        return this.#object(value)
      default:
        throw new TypeError(`${typeof value} is not a value that can be stored; null is.`)
    }
  }

  #text(text: string): void {
    if (!this.#recalled(text)) this.#newText(text, text)
  }

  #newText(value: unknown, text: string): void {
    if (!isShortAscii(text)) return this.#data(value, writeUtf8(text), opcode.SHORT_BINUNICODE, opcode.BINUNICODE)
    this.#out.byte(opcode.SHORT_BINUNICODE)
    this.#out.byte(text.length)
    this.#out.ascii(text)
    this.#memoize(value)
  }

  #data(value: unknown, bytes: Uint8Array, short: number, long: number): void {
    this.#out.data(bytes, short, long)
    this.#memoize(value)
  }

  #object(value: object): void {
    if (this.#recalled(value)) return
    if (++this.#depth > deepest)
      return unwritable(`more than ${deepest} objects lie in each other, or a tuple in itself`)
    if (Array.isArray(value)) this.#array(value)
    else if (isPlain(value)) this.#dict(value)
    else if (isUint8Array(value) && !(value instanceof PyBytearray)) this.#bytes(value)
    else this.#special(value)
    this.#depth--
  }

  #special(value: object): void {
    if (value instanceof PyFrozenset) return this.#frozenset(value)
    if (isSet(value)) return this.#set(value)
    if (isMap(value) && !(value instanceof PyOrderedDict)) return this.#map(value)
    if (value instanceof PyBytearray && this.#protocol >= 5) return this.#bytearray(value)
    if (value instanceof ClassName) return this.#className(value)
    if (value instanceof FreshText) return this.#newText(value, value.text)
    const problem = `${className(value)} is no Python type; make it a plain object`
    this.#reduce(value, reductionOf(value) ?? unwritable(problem))
  }

  #bytes(bytes: Uint8Array): void {
    this.#data(bytes, bytes, opcode.SHORT_BINBYTES, opcode.BINBYTES)
  }

  /** Protocol 5 has an instruction for it; before, Python is told to call `bytearray`. */
  #bytearray(bytes: PyBytearray): void {
    this.#out.longData(bytes, opcode.BYTEARRAY8)
    this.#memoize(bytes)
  }

  #array(array: readonly unknown[]): void {
    if (array instanceof PyTuple) return this.#tuple(array)
    this.#out.byte(opcode.EMPTY_LIST)
    this.#memoize(array)
    this.#batches(array, { one: opcode.APPEND, many: opcode.APPENDS }, (item) => this.#save(item))
  }

  #tuple(tuple: PyTuple): void {
    const size = tuple.length
    if (size === 0) return this.#out.byte(opcode.EMPTY_TUPLE)
    if (size > 3) this.#out.byte(opcode.MARK)
    for (const item of tuple) this.#save(item)
    if (tuple.some((item) => this.#isUnhashable(item))) this.#unhashable.add(tuple)
    if (this.#memo.has(tuple)) return this.#dropped(tuple, size > 3 ? [opcode.POP_MARK] : Array(size).fill(opcode.POP))
    this.#out.byte([opcode.TUPLE1, opcode.TUPLE2, opcode.TUPLE3][size - 1] ?? opcode.TUPLE)
    this.#memoize(tuple)
  }

  /** What was written for it on the way is dropped: it lies in itself, and is there already. */
  #dropped(value: object, drops: readonly number[]): void {
    for (const drop of drops) this.#out.byte(drop)
    this.#recalled(value)
  }

  #dict(dict: object): void {
    this.#out.byte(opcode.EMPTY_DICT)
    this.#memoize(dict)
    this.#items(Object.entries(dict).filter(([, value]) => value !== undefined))
  }

  #map(map: ReadonlyMap<unknown, unknown>): void {
    this.#out.byte(opcode.EMPTY_DICT)
    this.#memoize(map)
    this.#items([...map])
  }

  #items(entries: readonly Entry[], { lastAlone = false } = {}): void {
    this.#batches(entries, { one: opcode.SETITEM, many: opcode.SETITEMS, lastAlone }, ([key, value]) => {
      this.#hashable(key)
      this.#save(value)
    })
  }

  /** A thousand at a time, as Python does it. */
  #batches<T>(items: readonly T[], { one, many, lastAlone = false }: Batching, save: (item: T) => void): void {
    for (let start = 0; start < items.length; start += batchSize) {
      const batch = items.length <= batchSize ? items : items.slice(start, start + batchSize)
      const alone = batch.length === 1 && (start === 0 || lastAlone)
      if (!alone) this.#out.byte(opcode.MARK)
      for (const item of batch) save(item)
      this.#out.byte(alone ? one : many)
    }
  }

  /** Python ends a set of a thousand with a batch of none. */
  #set(set: ReadonlySet<unknown>): void {
    this.#out.byte(opcode.EMPTY_SET)
    this.#memoize(set)
    const members = [...set]
    for (let start = 0; start <= members.length && set.size > 0; start += batchSize) {
      this.#out.byte(opcode.MARK)
      for (const member of members.slice(start, start + batchSize)) this.#hashable(member)
      this.#out.byte(opcode.ADDITEMS)
    }
  }

  #frozenset(set: PyFrozenset): void {
    this.#out.byte(opcode.MARK)
    for (const member of set) this.#hashable(member)
    this.#out.byte(opcode.FROZENSET)
    this.#memoize(set)
  }

  #reduce(value: object, { callee, args, created, state, entries }: Reduction): void {
    if (callee instanceof ClassName) this.#save(callee)
    else this.#reduced(callee)
    this.#save(args)
    this.#out.byte(created ? opcode.NEWOBJ : opcode.REDUCE)
    this.#memoize(value)
    if (entries !== undefined) this.#items([...entries], { lastAlone: true })
    if (state === undefined) return
    this.#save(state)
    this.#out.byte(opcode.BUILD)
  }

  #reduced(callee: Reduction): void {
    this.#out.boundary()
    this.#reduce(callee, callee)
  }

  #className(value: ClassName): void {
    this.#save(value.module)
    this.#save(value.name)
    this.#out.byte(opcode.STACK_GLOBAL)
    this.#memoize(value)
  }

  #memoize(value: unknown): void {
    this.#out.byte(opcode.MEMOIZE)
    this.#memo.set(value, this.#memo.size)
  }

  /** Writes a reference, if there is something to refer to. */
  #recalled(value: unknown): boolean {
    const index = this.#memo.get(value)
    if (index === undefined) return false
    this.#out.byte(index < 256 ? opcode.BINGET : opcode.LONG_BINGET)
    this.#out.uint(index, index < 256 ? 1 : 4)
    return true
  }

  /** @throws {CodecError} E_CODEC for what Python takes neither as a key nor into a set */
  #hashable(value: unknown): void {
    this.#save(value)
    if (this.#isUnhashable(value)) unwritable('Python does not take this key, or this member of a set: it can change')
  }

  #isUnhashable(value: unknown): boolean {
    return value instanceof PyTuple ? this.#unhashable.has(value) : isMutable(value)
  }
}

type Entry = readonly [key: unknown, value: unknown]

interface Batching {
  readonly one: number
  readonly many: number
  /** Whether a single one that is left after others goes without a mark. */
  readonly lastAlone?: boolean
}

function unwritable(problem: string): never {
  throw new CodecError('encode', `${problem}.`)
}

const batchSize = 1_000
