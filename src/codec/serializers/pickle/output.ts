import { opcode } from './opcodes.js'

/**
 * The bytes of a pickle of protocol 4 or 5, in frames as CPython's C pickler makes them: a frame opens with the first byte,
 * closes at the first value after 64 KiB, and has a header from 4 bytes on; large data stand outside of frames.
 * Source: CPython's Modules/_pickle.c
 */
export class Output {
  #bytes = Buffer.allocUnsafe(512)
  #length = 0
  /** Where the open frame starts, its header included. */
  #frame: number | undefined
  #framing = false

  /** What stands before frames. */
  header(protocol: number): void {
    this.byte(opcode.PROTO)
    this.byte(protocol)
    this.#framing = true
  }

  /** Between two values: where a frame may end. */
  boundary(): void {
    if (this.#frame !== undefined && this.#length - this.#frame - frameHeader >= frameSize) this.#close()
  }

  byte(value: number): void {
    const at = this.#reserve(1)
    this.#bytes[at] = value
  }

  uint(value: number, bytes: 1 | 2 | 4): void {
    const at = this.#reserve(bytes)
    this.#bytes.writeUIntLE(value, at, bytes)
  }

  int32(value: number): void {
    const at = this.#reserve(4)
    this.#bytes.writeInt32LE(value, at)
  }

  float(value: number): void {
    const at = this.#reserve(8)
    this.#bytes.writeDoubleBE(value, at)
  }

  bytes(bytes: Uint8Array): void {
    const at = this.#reserve(bytes.length)
    this.#bytes.set(bytes, at)
  }

  /** Text of one byte a character. */
  ascii(text: string): void {
    const at = this.#reserve(text.length)
    this.#bytes.write(text, at, 'latin1')
  }

  /** Data behind the instruction for their length; both lengths are of 1 byte or 4. */
  data(data: Uint8Array, short: number, long: number): void {
    this.#unframedIfLarge(data)
    this.byte(data.length < 256 ? short : long)
    this.uint(data.length, data.length < 256 ? 1 : 4)
    this.bytes(data)
    this.#framing = true
  }

  /** Data behind an instruction whose length is always of 8 bytes. */
  longData(data: Uint8Array, instruction: number): void {
    this.#unframedIfLarge(data)
    this.byte(instruction)
    this.uint(data.length, 4)
    this.uint(0, 4)
    this.bytes(data)
    this.#framing = true
  }

  finish(): Buffer {
    this.byte(opcode.STOP)
    this.#close()
    return this.#bytes.subarray(0, this.#length)
  }

  #unframedIfLarge(data: Uint8Array): void {
    const large = data.length >= frameSize
    if (large) this.#close()
    this.#framing = !large
  }

  #close(): void {
    if (this.#frame === undefined) return
    const start = this.#frame
    const size = this.#length - start - frameHeader
    this.#frame = undefined
    if (size >= smallestFrame) {
      this.#bytes.writeUInt8(opcode.FRAME, start)
      this.#bytes.writeBigUInt64LE(BigInt(size), start + 1)
    } else {
      this.#bytes.copyWithin(start, start + frameHeader, this.#length)
      this.#length -= frameHeader
    }
  }

  /** @returns where the bytes go that room was made for */
  #reserve(count: number): number {
    if (this.#framing && this.#frame === undefined) {
      this.#frame = this.#length
      this.#grow(frameHeader)
    }
    const start = this.#length
    this.#grow(count)
    return start
  }

  #grow(count: number): void {
    this.#length += count
    if (this.#length <= this.#bytes.length) return
    const grown = Buffer.allocUnsafe(this.#length * 2)
    this.#bytes.copy(grown)
    this.#bytes = grown
  }
}

const frameSize = 64 * 1024
const frameHeader = 9
const smallestFrame = 4
