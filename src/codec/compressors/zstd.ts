import { after } from '../../promises.js'
import { TooLargeError } from '../bounds.js'
import type { Compressor } from '../compressor.js'
import { toBytes } from '../value.js'
import { isZstd, zstdFrames, type ZstdFrame } from './zstd-frame.js'
import { nodeZstd } from './zstd-node.js'
import { WasmZstd } from './zstd-wasm.js'

/** node:zlib where it has zstd (from Node 22.15 on), else WebAssembly, which works on the event loop. */
export function zstdCompressor(level = 1): Compressor {
  return new WholeZstd(nodeZstd(level) ?? new WasmZstd(level))
}

/**
 * Looks at the frames before they are decompressed, and gives them to the decoder one by one.
 * Both decoders need that: node:zlib takes a frame that was cut off for a whole one and leaves out what follows the first
 * frame, without an error; the other one allocates what a frame announces.
 */
class WholeZstd implements Compressor {
  readonly name = 'zstd'
  readonly #inner: Omit<Compressor, 'name'>

  constructor(inner: Omit<Compressor, 'name'>) {
    this.#inner = inner
  }

  compress(bytes: Uint8Array): Uint8Array | Promise<Uint8Array> {
    return this.#inner.compress(bytes)
  }

  decompress(bytes: Uint8Array, maxBytes: number): Uint8Array | Promise<Uint8Array> {
    const whole = toBytes(bytes)
    const [first, ...others] = zstdFrames(whole, maxBytes)
    if (first === undefined) return Buffer.alloc(0)
    return others.length === 0 ? this.#frame(whole, first, maxBytes) : this.#frames(whole, [first, ...others], maxBytes)
  }

  marks(bytes: Uint8Array): boolean {
    return isZstd(toBytes(bytes))
  }

  async #frames(bytes: Buffer, frames: readonly ZstdFrame[], maxBytes: number): Promise<Uint8Array> {
    const parts: Uint8Array[] = []
    let length = 0
    for (const frame of frames) {
      const part = await this.#frame(bytes, frame, maxBytes - length)
      length += part.length
      if (length > maxBytes) throw new TooLargeError(maxBytes)
      parts.push(part)
    }
    return Buffer.concat(parts, length)
  }

  #frame(bytes: Buffer, { start, end, most, exact }: ZstdFrame, maxBytes: number): Uint8Array | Promise<Uint8Array> {
    const bound = Math.max(1, Math.min(most, maxBytes))
    return after(this.#inner.decompress(bytes.subarray(start, end), bound), (plain) => {
      if (exact && plain.length !== most) throw new RangeError('the frame holds less than it says.')
      return plain
    })
  }
}
