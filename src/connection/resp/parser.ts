import { ErrorReply, type Push, type Reply } from '../connection.js'
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
 * Shape: elements are read whole or not at all; open arrays wait on a stack, so a large reply is never read twice.
 * Bounds: a bulk string 512 MiB (the server's own limit), a line 64 KiB, nesting 64; nothing is allocated for a
 * length that was announced and has not come.
 * Hot path: plain loops over bytes; run the benchmarks before and after a change.
 */
export class ReplyParser {
  readonly #sink: ReplySink
  #buffer: Buffer = empty
  #offset = 0
  /** What came after `#buffer` while the element at `#offset` is incomplete. */
  #rest: Buffer[] = []
  #restBytes = 0
  /** Bytes from `#offset` on that must be there before another try is worth it. */
  #needed = 0
  readonly #stack: OpenAggregate[] = []
  #asBuffers = false

  constructor(sink: ReplySink) {
    this.#sink = sink
  }

  /** Whether the beginning of the next reply has come. */
  get hasPartial(): boolean {
    return this.#stack.length > 0 || this.#offset < this.#buffer.length
  }

  /** @throws {MalformedReplyError} and is of no further use then */
  write(chunk: Buffer): void {
    if (!this.#join(chunk)) return
    while (this.#offset < this.#buffer.length) {
      if (this.#stack.length === 0) this.#asBuffers = this.#buffer[this.#offset] !== PUSH && this.#sink.readsBuffers()
      const element = this.#element()
      if (element === incomplete) return
      if (element !== opened) this.#deliver(element)
    }
    this.#buffer = empty
    this.#offset = 0
  }

  /** Puts the chunk behind what is left; false while that is still too little. */
  #join(chunk: Buffer): boolean {
    if (this.#offset === this.#buffer.length) {
      this.#buffer = chunk
      this.#offset = 0
      return true
    }
    this.#rest.push(chunk)
    this.#restBytes += chunk.length
    if (this.#buffer.length - this.#offset + this.#restBytes < this.#needed) return false
    this.#buffer = Buffer.concat([this.#buffer.subarray(this.#offset), ...this.#rest])
    this.#offset = 0
    this.#rest = []
    this.#restBytes = 0
    return true
  }

  #element(): Reply | typeof incomplete | typeof opened {
    const type = this.#buffer[this.#offset] as number
    const start = this.#offset + 1
    const end = this.#lineEnd(start)
    if (end < 0 && !isType(type)) throw unknownType(type)
    if (end < 0) return this.#wait(this.#buffer.length - this.#offset + 1)
    if (type === BULK || type === BULK_ERROR || type === VERBATIM) return this.#bulk(type, start, end)
    if (isAggregate(type)) return this.#open(type, scalars.length(this.#buffer, start, end), end + 2)
    this.#offset = end + 2
    return this.#scalar(type, start, end)
  }

  /** Where the line that holds `start` ends; -1 while its end has not come. */
  #lineEnd(start: number): number {
    const buffer = this.#buffer
    let end = start
    while (end < buffer.length && buffer[end] !== CR) end++
    if (end - start > longestLine) throw new scalars.MalformedReplyError(`a line of more than ${longestLine} bytes`)
    if (end + 1 >= buffer.length) return -1
    if (buffer[end + 1] !== LF) throw new scalars.MalformedReplyError('a carriage return without a line feed')
    return end
  }

  #bulk(type: number, start: number, end: number): Reply | typeof incomplete {
    const length = scalars.length(this.#buffer, start, end)
    const from = end + 2
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
      case INTEGER:
        return scalars.integer(this.#buffer, start, end)
      case ERROR:
        return new ErrorReply(this.#buffer.toString('utf8', start, end))
      case NULL:
        return null
      case BOOLEAN:
        return scalars.boolean(this.#buffer.toString('latin1', start, end))
      case DOUBLE:
        return scalars.double(this.#buffer.toString('latin1', start, end))
      case BIG_NUMBER:
        return scalars.bigNumber(this.#buffer.toString('latin1', start, end))
      default:
        throw unknownType(type)
    }
  }

  /** A copy where the text is a small part of what was read, so that a kept value does not pin the whole chunk. */
  #string(from: number, to: number): string | Buffer {
    if (!this.#asBuffers) return this.#buffer.toString('utf8', from, to)
    const bytes = this.#buffer.subarray(from, to)
    return bytes.length * 2 < this.#buffer.buffer.byteLength ? Buffer.from(bytes) : bytes
  }

  #open(type: number, length: number, next: number): Reply | typeof opened {
    this.#offset = next
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
    const open = this.#stack.at(-1)
    if (open === undefined) return this.#sink.reply(value)
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

/** What is no type is refused before its line ends, for a server that does not speak RESP may never end one. */
function isType(byte: number): boolean {
  return '+-:_#,($!=*%~>|'.includes(String.fromCharCode(byte))
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
const longestLine = 64 * 1024
const deepest = 64
const [CR, LF] = [13, 10]
const byte = (character: string): number => character.charCodeAt(0)
const [SIMPLE, ERROR, INTEGER, NULL] = [byte('+'), byte('-'), byte(':'), byte('_')]
const [BOOLEAN, DOUBLE, BIG_NUMBER] = [byte('#'), byte(','), byte('(')]
const [BULK, BULK_ERROR, VERBATIM] = [byte('$'), byte('!'), byte('=')]
const [ARRAY, MAP, SET, PUSH, ATTRIBUTE] = [byte('*'), byte('%'), byte('~'), byte('>'), byte('|')]
