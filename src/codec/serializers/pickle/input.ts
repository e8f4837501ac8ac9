import { refuse } from './refuse.js'
import { readUtf8 } from './text.js'

/** The bytes of a pickle, read in order; what is announced and not there is refused before anything is made for it. */
export class Input {
  readonly #bytes: Buffer
  #at = 0

  constructor(bytes: Uint8Array) {
    this.#bytes = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength)
  }

  get length(): number {
    return this.#bytes.length
  }

  /** How many bytes are left. */
  get rest(): number {
    return this.#bytes.length - this.#at
  }

  byte(): number {
    return this.#bytes.readUInt8(this.#skip(1))
  }

  /** A whole number without a sign. */
  uint(bytes: 2 | 4): number {
    return this.#bytes.readUIntLE(this.#skip(bytes), bytes)
  }

  int32(): number {
    return this.#bytes.readInt32LE(this.#skip(4))
  }

  /** A length of 8 bytes; more than there is would be refused anyhow. */
  length64(): number {
    return Number(this.#bytes.readBigUInt64LE(this.#skip(8)))
  }

  float(): number {
    return this.#bytes.readDoubleBE(this.#skip(8))
  }

  /** A view: it is not to be kept. */
  take(length: number): Buffer {
    const start = this.#skip(length)
    return this.#bytes.subarray(start, start + length)
  }

  text(length: number): string {
    const start = this.#skip(length)
    return readUtf8(this.#bytes, start, start + length)
  }

  /** Up to the next end of line, which is left out; one character a byte. */
  line(): string {
    const end = this.#bytes.indexOf(0x0a, this.#at)
    if (end === -1) refuse('it ends in the middle of a line')
    const line = this.#bytes.toString('latin1', this.#at, end)
    this.#at = end + 1
    return line
  }

  /** @returns where the bytes that were skipped start */
  #skip(length: number): number {
    const start = this.#at
    if (!(length <= this.rest)) refuse(`it ends ${length - this.rest} bytes too early`)
    this.#at += length
    return start
  }
}
