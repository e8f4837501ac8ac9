import { promisify } from 'node:util'
import { builtins } from '../../builtins.js'
import type { Compressor } from '../compressor.js'
import { NodeCompressor } from './node-compressor.js'

/** What newer versions of node:zlib have. */
interface ZstdOptions {
  readonly params?: Readonly<Record<number, number>>
  readonly maxOutputLength?: number
}
type Zstd = (bytes: Uint8Array, options: ZstdOptions, done: (error: Error | null, result: Buffer) => void) => void
interface NodeZstd {
  readonly zstdCompressSync: (bytes: Uint8Array, options: ZstdOptions) => Buffer
  readonly zstdDecompressSync: (bytes: Uint8Array, options: ZstdOptions) => Buffer
  readonly zstdCompress: Zstd
  readonly zstdDecompress: Zstd
  readonly constants: { readonly ZSTD_c_compressionLevel: number }
}

/**
 * zstd of node:zlib, where it is.
 * It is asked for at run time: of an imported namespace webpack would import each member by name, also those that this
 * Node has not (findings/webpack-namespace-import.sh).
 */
export function nodeZstd(level: number): Compressor | undefined {
  const { zlib } = builtins
  if (!('zstdCompressSync' in zlib)) return undefined
  const { zstdCompressSync, zstdDecompressSync, zstdCompress, zstdDecompress, constants } = zlib as unknown as NodeZstd
  return new NodeCompressor<ZstdOptions>({
    name: 'zstd',
    compress: { now: zstdCompressSync, later: promisify(zstdCompress) },
    decompress: { now: zstdDecompressSync, later: promisify(zstdDecompress) },
    options: () => ({ params: { [constants.ZSTD_c_compressionLevel]: level } }),
  })
}
