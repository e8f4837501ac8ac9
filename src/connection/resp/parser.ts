import { isAscii } from 'node:buffer'
import { ErrorReply, type Push, type Reply } from '../connection.js'
import { AsciiTexts, CopyPool } from './copies.js'
import * as scalars from './scalars.js'

/** What a parser hands on, and what it must ask before it reads a reply. */
export interface ReplySink {
  /** Whether the strings of the reply that comes next stay bytes. */
  readsBuffers(): boolean
  reply(reply: Reply): void
  push(push: Push): void
}

/**
 * RESP3 (and RESP2) out of bytes that may be split anywhere.
 * Shape: elements are read whole or not at all; open arrays wait on a stack, so a large reply is never read twice. An
 * element that was cut off is completed with the first bytes of the next chunk; the rest of that chunk is read in place.
 * Bounds: a bulk string and a line 512 MiB (the server's own limit), a number 10,000 characters, nesting 64; nothing is
 * allocated for a length that was announced and has not come.
 * Hot path: plain loops over bytes; run the benchmarks before and after a change.
 */
export class ReplyParser {
  readonly #sink: ReplySink
  readonly #copies = new CopyPool()
  readonly #texts = new AsciiTexts()
  readonly #stack: OpenAggregate[] = []
  #buffer: Buffer = empty
  #offset = 0
  /** Where the line ends that {@link #length} has read. */
  #next = 0
  /** Whether the buffer is a copy, which nobody overwrites. */
  #isOurs = false
  #asBuffers = false
  /** Whether all of the buffer is ASCII, once that is known. */
  #isAscii: boolean | undefined
  /** The pieces of an element whose end has not come. */
  #held: Buffer[] = []
  #heldBytes = 0
  /** How many bytes that element has at least; 0 while it is not known where its line ends. */
  #needed = 0

  constructor(sink: ReplySink) {
    this.#sink = sink
  }

  /** Whether some bytes of the next reply have come, but not all of them. */
  get hasPartial(): boolean {
    const type = this.#stack[0]?.type ?? this.#held[0]?.[0]
    return type !== undefined && type !== PUSH
  }

  /**
   * Reads what came. Nothing of the chunk is used after the call: what is kept of it is copied.
   * @throws {MalformedReplyError} and is of no further use then
   */
  write(chunk: Buffer): void {
    let from = 0
    while (this.#held.length > 0 && from < chunk.length) from = this.#complete(chunk, from)
    this.#isOurs = false
    if (from < chunk.length) this.#read(chunk, from)
  }

  /** Adds to the held element what belongs to it and reads it when it is whole; returns where the rest begins. */
  #complete(chunk: Buffer, from: number): number {
    if (this.#needed === 0) this.#needed = this.#endOfHeldLine(chunk, from)
    const missing = this.#needed > 0 ? this.#needed - this.#heldBytes : Infinity
    const to = Math.min(from + missing, chunk.length)
    const piece = chunk.subarray(from, to)
    if (to - from < missing) this.#hold(piece)
    else this.#readWhole(Buffer.concat([...this.#held, piece], this.#heldBytes + piece.length))
    return to
  }

  #readWhole(element: Buffer): void {
    this.#held = []
    this.#heldBytes = 0
    this.#isOurs = true
    this.#read(element, 0)
  }

  /** How long the held line is, when the chunk has its end; otherwise 0. */
  #endOfHeldLine(chunk: Buffer, from: number): number {
    const end = chunk.indexOf(CR, from)
    return end < 0 ? 0 : this.#heldBytes + end + 2 - from
  }

  /** Keeps a copy of the beginning of an element, or of more of it. */
  #hold(bytes: Buffer): void {
    this.#held.push(Buffer.from(bytes))
    this.#heldBytes += bytes.length
    const longest = isScalar(this.#held[0]?.[0] as number) ? longestElement : longestLength
    if (this.#needed === 0 && this.#heldBytes > longest)
      throw new scalars.MalformedReplyError(`a line of more than ${longest} bytes`)
  }

  #read(buffer: Buffer, from: number): void {
    this.#buffer = buffer
    this.#offset = from
    this.#isAscii = undefined
    while (this.#offset < buffer.length) {
      if (this.#stack.length === 0) this.#asBuffers = buffer[this.#offset] !== PUSH && this.#sink.readsBuffers()
      const element = this.#element()
      if (element === incomplete) return this.#hold(buffer.subarray(this.#offset))
      if (element !== opened) this.#deliver(element)
    }
    this.#buffer = empty
  }

  #element(): Reply | typeof incomplete | typeof opened {
    const type = this.#buffer[this.#offset] as number
    if (type === BULK || type === BULK_ERROR || type === VERBATIM) return this.#bulk(type)
    if (isAggregate(type)) return this.#open(type)
    if (!isScalar(type)) throw unknownType(type)
    const start = this.#offset + 1
    const end = lineEnd(this.#buffer, start)
    if (!this.#endsLine(end)) return this.#waitForLine()
    this.#offset = end + 2
    return this.#scalar(type, start, end)
  }

  /** The length that stands at `#offset` behind the type: -1 is null (RESP2), `cut` is a line whose end has not come. */
  #length(): number {
    const buffer = this.#buffer
    const start = this.#offset + 1
    let [at, length] = [start, 0]
    for (; at < buffer.length; at++) {
      const digit = (buffer[at] as number) - ZERO
      if (digit < 0 || digit > 9) break
      length = length * 10 + digit
      if (length > longestElement) throw new scalars.MalformedReplyError(`a length of more than ${longestElement}`)
    }
    if (at === start && buffer[at] === MINUS) {
      at = buffer[at + 1] === ZERO + 1 ? at + 2 : at + 1
      length = -1
    }
    if (!this.#endsLine(at)) return cut
    if (at === start || (length < 0 && at === start + 1)) throw new scalars.MalformedReplyError('a length of no digits')
    this.#next = at + 2
    return length
  }

  /** Whether the line ends here; false while that has not come. */
  #endsLine(at: number): boolean {
    const buffer = this.#buffer
    if (at < buffer.length && buffer[at] !== CR)
      throw new scalars.MalformedReplyError('a length with something else in it')
    if (at + 1 >= buffer.length) return false
    if (buffer[at + 1] === LF) return true
    throw new scalars.MalformedReplyError('a carriage return without a line feed')
  }

  #bulk(type: number): Reply | typeof incomplete {
    const length = this.#length()
    if (length === cut) return this.#waitForLine()
    const from = this.#next
    const to = from + length
    if (length >= 0 && to + 2 > this.#buffer.length) return this.#wait(to + 2 - this.#offset)
    this.#offset = length < 0 ? from : to + 2
    if (length < 0) return nullOf(type)
    if (this.#buffer[to] !== CR || this.#buffer[to + 1] !== LF)
      throw new scalars.MalformedReplyError(`a bulk string that does not end after its ${length} bytes`)
    if (type === BULK) return this.#string(from, to)
    if (type === BULK_ERROR) return new ErrorReply(this.#buffer.toString('utf8', from, to))
    if (length < 4) throw new scalars.MalformedReplyError('a verbatim string without its format')
    return this.#string(from + 4, to)
  }

  #scalar(type: number, start: number, end: number): Reply {
    switch (type) {
      case SIMPLE:
        return this.#string(start, end)
      case ERROR:
        return new ErrorReply(this.#buffer.toString('utf8', start, end))
      case NULL:
        return null
      case BOOLEAN:
        return scalars.boolean(this.#buffer.toString('latin1', start, end))
      default:
        return end - start > longestNumber ? tooLong(end - start) : this.#number(type, start, end)
    }
  }

  #number(type: number, start: number, end: number): Reply {
    if (type === INTEGER) return scalars.integer(this.#buffer, start, end)
    const text = this.#buffer.toString('latin1', start, end)
    return type === DOUBLE ? scalars.double(text) : scalars.bigNumber(text)
  }

  #string(from: number, to: number): string | Buffer {
    return this.#asBuffers ? this.#bytes(from, to) : this.#text(from, to)
  }

  /** A value that is most of its element is that part of our copy, so that a large one is copied no more often. */
  #bytes(from: number, to: number): Buffer {
    const isMost = (to - from) * 2 >= this.#buffer.buffer.byteLength
    return this.#isOurs && isMost ? this.#buffer.subarray(from, to) : this.#copies.copy(this.#buffer, from, to)
  }

  /** ASCII is read in less time than UTF-8; one look at all that came tells. */
  #text(from: number, to: number): string {
    if (this.#isAscii === undefined) {
      this.#isAscii = isAscii(this.#buffer)
      this.#texts.begin()
    }
    return this.#isAscii ? this.#texts.read(this.#buffer, from, to) : this.#buffer.toString('utf8', from, to)
  }

  #open(type: number): Reply | typeof incomplete | typeof opened {
    const length = this.#length()
    if (length === cut) return this.#waitForLine()
    this.#offset = this.#next
    if (length < 0) return nullOf(type)
    if (this.#stack.length === deepest) throw new scalars.MalformedReplyError(`arrays nested deeper than ${deepest}`)
    const open = { type, items: [], length: type === MAP || type === ATTRIBUTE ? length * 2 : length }
    if (open.length === 0 && type !== PUSH && type !== ATTRIBUTE) return aggregate(open)
    this.#stack.push(open)
    if (open.length === 0) this.#close(open)
    return opened
  }

  /** Gives a value to the array it belongs to, or on to the sink; closes the arrays that it completes. */
  #deliver(value: Reply): void {
    if (this.#stack.length === 0) return this.#sink.reply(value)
    const open = this.#stack[this.#stack.length - 1] as OpenAggregate
    open.items.push(value)
    if (open.items.length === open.length) this.#close(open)
  }

  #close(open: OpenAggregate): void {
    this.#stack.pop()
    if (open.type === ATTRIBUTE) return
    if (open.type === PUSH) this.#sink.push(open.items)
    else this.#deliver(aggregate(open))
  }

  #wait(needed: number): typeof incomplete {
    this.#needed = needed
    return incomplete
  }

  #waitForLine(): typeof incomplete {
    return this.#wait(this.#buffer.at(-1) === CR ? this.#buffer.length - this.#offset + 1 : 0)
  }
}

interface OpenAggregate {
  readonly type: number
  readonly items: Reply[]
  readonly length: number
}

function isAggregate(type: number): boolean {
  return type === ARRAY || type === MAP || type === SET || type === PUSH || type === ATTRIBUTE
}

/** RESP2's null, which is a bulk string or an array of -1; no other type has one. */
function nullOf(type: number): null {
  if (type === BULK || type === ARRAY) return null
  throw new scalars.MalformedReplyError('a length of -1 of what cannot be null')
}

/** The types that are one line. What is no type is refused before its line ends: what is not RESP may never end one. */
function isScalar(type: number): boolean {
  return type === SIMPLE || type === ERROR || type === NULL || type === BOOLEAN || isNumber(type)
}

function isNumber(type: number): boolean {
  return type === INTEGER || type === DOUBLE || type === BIG_NUMBER
}

/** Where the line that holds `start` ends: its carriage return, or the end of the buffer. Most lines are short. */
function lineEnd(buffer: Buffer, start: number): number {
  const near = Math.min(start + 64, buffer.length)
  let end = start
  while (end < near && buffer[end] !== CR) end++
  if (end < near || near === buffer.length) return end
  const far = buffer.indexOf(CR, end)
  return far < 0 ? buffer.length : far
}

/** Digits in such numbers are turned into a number in more than linear time; only the call that asked gets this error. */
function tooLong(length: number): ErrorReply {
  return new ErrorReply(
    `ERR the server answered with a number of ${length} characters; at most ${longestNumber} are read`,
  )
}

function unknownType(type: number): scalars.MalformedReplyError {
  return new scalars.MalformedReplyError(`unknown type byte 0x${type.toString(16).padStart(2, '0')}`)
}

function aggregate({ type, items }: OpenAggregate): Reply {
  if (type === SET) return new Set(items)
  if (type !== MAP) return items
  const map = new Map<Reply, Reply>()
  for (let index = 0; index < items.length; index += 2) map.set(items[index] as Reply, items[index + 1] as Reply)
  return map
}

const incomplete: unique symbol = Symbol('incomplete')
const opened: unique symbol = Symbol('opened')
const empty = Buffer.alloc(0)
/** In bytes. */
const longestElement = 512 * 1024 * 1024
/** Of a line that is nothing but a length. */
const longestLength = 64
const longestNumber = 10_000
/** What is no length: the line has not come whole. */
const cut = -2
const deepest = 64
const [CR, LF, MINUS, ZERO] = [13, 10, 45, 48]
const byte = (character: string): number => character.charCodeAt(0)
const [SIMPLE, ERROR, INTEGER, NULL] = [byte('+'), byte('-'), byte(':'), byte('_')]
const [BOOLEAN, DOUBLE, BIG_NUMBER] = [byte('#'), byte(','), byte('(')]
const [BULK, BULK_ERROR, VERBATIM] = [byte('$'), byte('!'), byte('=')]
const [ARRAY, MAP, SET, PUSH, ATTRIBUTE] = [byte('*'), byte('%'), byte('~'), byte('>'), byte('|')]
