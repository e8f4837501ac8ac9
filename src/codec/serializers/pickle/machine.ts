import { isDict } from './dicts.js'
import type { Input } from './input.js'
import { TooManyValuesError } from '../../bounds.js'
import { deepest } from './limits.js'
import { refuse } from './refuse.js'
import { settle } from './settle.js'
import { Token } from './token.js'

/** The state of one reading: a stack with marks in it, and the memo of what was read before. */
export class Machine {
  readonly input: Input
  readonly #stack: unknown[] = []
  readonly #marks: number[] = []
  readonly #memo: unknown[] = []
  /** What took the place of an object that had been pushed already. */
  readonly #became = new Map<unknown, unknown>()
  /** Whether a dict was referred to; then it may stand in a value as what it was before. */
  #dictRecalled = false
  readonly #maxValues: number
  #pushed = 0
  #pairs = 0
  #objects = 0
  #worked = 0

  constructor(input: Input, maxValues: number) {
    this.input = input
    this.#maxValues = maxValues
  }

  /** Counts what a call reads through. Python writes it for one call, or for two: a bytearray is made of bytes. */
  work(length: number): void {
    this.#worked += length
    if (this.#worked > 2 * this.input.length) refuse('it works on the same value again and again')
  }

  /** Pushes and counts, for one byte can ask for two hundred times its memory. */
  push(value: unknown): void {
    this.#pushed++
    this.#bound(this.#marks.length * pendingKeys)
    this.#stack.push(value)
  }

  /** As {@link push}, for what may hold others. */
  pushNew(value: unknown): void {
    this.#objects++
    this.push(value)
  }

  /** Says that this many keys were pushed besides their values: a key and its value count as one. */
  countPairs(pairs: number): void {
    this.#pairs += pairs
  }

  /** What lies on top, or what that has become. */
  top(): unknown {
    this.#require(1)
    const top = this.#stack[this.#stack.length - 1]
    return this.#became.size === 0 ? top : (this.#became.get(top) ?? top)
  }

  pop(): unknown {
    this.#require(1)
    return this.#stack.pop()
  }

  popMany(count: number): unknown[] {
    this.#require(count)
    return this.#stack.splice(-count)
  }

  /** Drops the value on top, or the mark. */
  drop(): void {
    if (this.#marks.at(-1) === this.#stack.length) this.#marks.pop()
    else this.pop()
  }

  mark(): void {
    if (this.#marks.length === deepest) refuse(`more than ${deepest} objects lie in each other`)
    this.#marks.push(this.#stack.length)
  }

  /** Everything above the last mark. */
  popMark(): unknown[] {
    const mark = this.#marks.pop()
    return mark === undefined ? refuse('it closes what it has not opened') : this.#stack.splice(mark)
  }

  /** Puts another value in the place of the one on top, there and in the memo. */
  replaceTop(value: unknown): void {
    this.#became.set(this.pop(), value)
    this.#stack.push(value)
  }

  memoize(): void {
    const top = this.top()
    if (this.#memo.length === this.#pushed) refuse('it memoizes more than it has made')
    this.#memo.push(top)
  }

  /** The same with its index said: it counts up when Python writes it. */
  memoizeAt(index: number): void {
    if (index !== this.#memo.length) refuse('its memo is out of order')
    this.memoize()
  }

  recall(index: number): void {
    if (!(index < this.#memo.length)) refuse('it refers to what it has not memoized')
    const found = this.#memo[index]
    this.#dictRecalled ||= isDict(found)
    this.push(this.#became.get(found) ?? found)
  }

  /** The value that was read. */
  finish(): unknown {
    const value = asValue(this.pop())
    if (this.input.rest > 0) refuse(`${this.input.rest} bytes follow its end`)
    this.#bound(0)
    const stale = this.#dictRecalled && this.#became.size > 0
    return stale || this.#objects > deepest ? settle(value, this.#became) : value
  }

  /**
   * The value as a whole does not count; what a call is made of counts by itself.
   * @param pending how many keys may be there whose values are still to come
   */
  #bound(pending: number): void {
    if (this.#pushed - this.#pairs <= this.#maxValues + 1 + pending) return
    refuse(`it holds more than ${this.#maxValues} values`, new TooManyValuesError(this.#maxValues))
  }

  /** What lies below the last mark is out of reach. */
  #require(count: number): void {
    const floor = this.#marks[this.#marks.length - 1] ?? 0
    if (this.#stack.length - floor < count) refuse('it takes more values than it has made')
  }
}

/** How many items Python writes behind one mark, at most. */
const pendingKeys = 1_000

/** @throws {CodecError} E_CODEC for what is no value */
export function asValue(item: unknown): unknown {
  return item instanceof Token ? refuse('it has a class, a function or half an object where a value should be') : item
}
