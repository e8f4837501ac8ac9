import type { Compressor } from '../compressor.js'
import { loadOptional } from '../optional.js'
import { readOnly } from './read-only.js'
import { TooLargeError } from '../bounds.js'

/** What we use of seek-bzip. */
interface SeekBzip {
  decode(input: Input, output: Output): void
}

/** Reading only: nothing well kept on npm writes bzip2. On the event loop. */
export class Bz2Compressor implements Compressor {
  readonly name = 'bz2'
  readonly #module: SeekBzip = loadOptional<SeekBzip>('seek-bzip', "'bz2'")

  compress(): never {
    throw readOnly(this.name)
  }

  decompress(bytes: Uint8Array, maxBytes: number): Buffer {
    const output = new Output(maxBytes)
    this.#module.decode(new Input(bytes), output)
    return output.bytes()
  }

  marks([first, second, third]: Uint8Array): boolean {
    return first === 0x42 && second === 0x5a && third === 0x68
  }
}

class Input {
  readonly #bytes: Uint8Array
  #at = 0

  constructor(bytes: Uint8Array) {
    this.#bytes = bytes
  }

  readByte(): number {
    const byte = this.#bytes[this.#at++]
    if (byte === undefined) throw new RangeError('the bytes end too early.')
    return byte
  }

  read(into: Uint8Array, offset: number, length: number): number {
    for (let index = 0; index < length; index++) into[offset + index] = this.readByte()
    return length
  }
}

class Output {
  readonly #maxBytes: number
  #buffer = Buffer.allocUnsafe(4_096)
  #length = 0

  constructor(maxBytes: number) {
    this.#maxBytes = maxBytes
  }

  writeByte(byte: number): void {
    if (this.#length === this.#maxBytes) throw new TooLargeError(this.#maxBytes)
    if (this.#length === this.#buffer.length) this.#buffer = Buffer.concat([this.#buffer], this.#length * 2)
    this.#buffer[this.#length++] = byte
  }

  bytes(): Buffer {
    return this.#buffer.subarray(0, this.#length)
  }
}
