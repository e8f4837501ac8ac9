import type { Compressor } from '../compressor.js'
import { loadOptional } from '../optional.js'
import { toBytes } from '../value.js'
import { checkLz4 } from './lz4-frame.js'

/** What we use of lz4-napi. */
interface Lz4Module {
  compressFrame(bytes: Uint8Array): Promise<Buffer>
  compressFrameSync(bytes: Buffer): Buffer
  decompressFrame(bytes: Uint8Array): Promise<Buffer>
  decompressFrameSync(bytes: Buffer): Buffer
}

/** LZ4 frames, as Python's lz4.frame reads and writes them. There is one level only. */
export class Lz4Compressor implements Compressor {
  readonly name = 'lz4'
  readonly #module: Lz4Module = loadOptional<Lz4Module>('lz4-napi', "'lz4'")

  compress(bytes: Uint8Array): Buffer | Promise<Buffer> {
    return bytes.length < large ? this.#module.compressFrameSync(toBytes(bytes)) : this.#module.compressFrame(bytes)
  }

  /** The module itself has no bound, and takes a frame that was cut off for a whole one. */
  decompress(bytes: Uint8Array, maxBytes: number): Buffer | Promise<Buffer> {
    const size = checkLz4(toBytes(bytes), maxBytes)
    return size < large ? this.#module.decompressFrameSync(toBytes(bytes)) : this.#module.decompressFrame(bytes)
  }

  marks(bytes: Uint8Array): boolean {
    return bytes[0] === 0x04 && bytes[1] === 0x22 && bytes[2] === 0x4d && bytes[3] === 0x18
  }
}

/** LZ4 does this in the time that it takes to hand the work to another thread. */
const large = 64 * 1024
