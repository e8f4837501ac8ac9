import type { Compressor } from '../compressor.js'
import { loadOptional } from '../optional.js'
import { readOnly } from './read-only.js'
import { TooLargeError } from '../bounds.js'

/** What we use of xz-decompress. */
interface XzDecompress {
  readonly XzReadableStream: new (compressed: ReadableStream<Uint8Array>) => ReadableStream<Uint8Array>
}

/** Python's lzma, in its default format `.xz`. Reading only: what is well kept on npm and writes xz needs Node 22. */
export class XzCompressor implements Compressor {
  readonly name = 'xz'
  readonly #module: XzDecompress = loadOptional<XzDecompress>('xz-decompress', "'xz'")

  compress(): never {
    throw readOnly(this.name)
  }

  async decompress(bytes: Uint8Array, maxBytes: number): Promise<Buffer> {
    const chunks: Uint8Array[] = []
    let length = 0
    for await (const chunk of new this.#module.XzReadableStream(streamOf(bytes))) {
      length += chunk.length
      if (length > maxBytes) throw new TooLargeError(maxBytes)
      chunks.push(chunk)
    }
    return Buffer.concat(chunks, length)
  }

  marks(bytes: Uint8Array): boolean {
    return [0xfd, 0x37, 0x7a, 0x58, 0x5a, 0].every((byte, index) => bytes[index] === byte)
  }
}

function streamOf(bytes: Uint8Array): ReadableStream<Uint8Array> {
  return new ReadableStream({
    start: (controller) => {
      controller.enqueue(bytes)
      controller.close()
    },
  })
}
