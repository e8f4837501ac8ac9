import type { Compressor } from '../compressor.js'
import { isTooLarge } from '../bounds.js'

/** One function of node:zlib: at once, and off the event loop. */
export interface Work<Options> {
  readonly now: (bytes: Uint8Array, options: Options) => Buffer
  readonly later: (bytes: Uint8Array, options: Options) => Promise<Buffer>
}

export interface NodeCompressorParts<Options> {
  readonly name: string
  readonly compress: Work<Options>
  readonly decompress: Work<{ readonly maxOutputLength: number }>
  readonly options: (bytes: Uint8Array) => Options
  readonly marks?: (bytes: Uint8Array) => boolean
  /** From how many bytes on compressing leaves the event loop. @default 16384 */
  readonly laterFrom?: number
}

/**
 * A compressor of node:zlib.
 * Small values are worked on at once, large ones off the event loop: handing work to another thread takes 50 to 70 µs
 * of the event loop, about what zlib needs for 8 KiB (measured on Node 20). How much comes out is not known before, so
 * small input that grows large is begun at once and then done again elsewhere.
 */
export class NodeCompressor<Options> implements Compressor {
  readonly name: string
  readonly marks?: (bytes: Uint8Array) => boolean
  readonly #parts: NodeCompressorParts<Options>

  constructor(parts: NodeCompressorParts<Options>) {
    this.name = parts.name
    if (parts.marks) this.marks = parts.marks
    this.#parts = parts
  }

  compress(bytes: Uint8Array): Buffer | Promise<Buffer> {
    const { compress, options, laterFrom = largeInput } = this.#parts
    return bytes.length < laterFrom ? compress.now(bytes, options(bytes)) : compress.later(bytes, options(bytes))
  }

  decompress(bytes: Uint8Array, maxBytes: number): Buffer | Promise<Buffer> {
    const { now, later } = this.#parts.decompress
    if (bytes.length >= largeInput) return later(bytes, { maxOutputLength: maxBytes })
    try {
      return now(bytes, { maxOutputLength: Math.min(maxBytes, largeOutput) })
    } catch (error) {
      if (maxBytes <= largeOutput || !isTooLarge(error)) throw error
      return later(bytes, { maxOutputLength: maxBytes })
    }
  }
}

const largeInput = 16 * 1024
const largeOutput = 256 * 1024
