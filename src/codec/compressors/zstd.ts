import type { Compressor } from '../compressor.js'
import { after } from '../../promises.js'
import { toBytes } from '../value.js'
import { zstdSize } from './zstd-frame.js'
import { nodeZstd } from './zstd-node.js'
import { WasmZstd } from './zstd-wasm.js'

/** node:zlib where it has zstd (from Node 22.15 on), else WebAssembly, which works on the event loop. */
export function zstdCompressor(level = 1): Compressor {
  return new WholeZstd(nodeZstd(level) ?? new WasmZstd(level))
}

/**
 * Looks at the frame before it is decompressed.
 * Both decoders need that: node:zlib takes a frame that was cut off for a whole one, and the other one allocates what
 * the frame announces.
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
    const { most, exact } = zstdSize(toBytes(bytes), maxBytes)
    return after(this.#inner.decompress(bytes, Math.max(1, Math.min(most, maxBytes))), (plain) => {
      if (exact && plain.length !== most) throw new RangeError('the frame holds less than it says.')
      return plain
    })
  }

  marks(bytes: Uint8Array): boolean {
    return bytes[0] === 0x28 && bytes[1] === 0xb5 && bytes[2] === 0x2f && bytes[3] === 0xfd
  }
}
