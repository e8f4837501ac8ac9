import type { Compressor } from '../compressor.js'
import { brotliCompressor } from './brotli.js'
import { Bz2Compressor } from './bz2.js'
import { gzipCompressor } from './gzip.js'
import { Lz4Compressor } from './lz4.js'
import { XzCompressor } from './xz.js'
import { zlibCompressor } from './zlib.js'
import { zstdCompressor } from './zstd.js'

/** What values can be compressed with. */
export type CompressorName = 'zlib' | 'gzip' | 'brotli' | 'zstd' | 'lz4'
/** What can be read, and not written. */
export type DecompressorName = 'bz2' | 'xz'

export interface CompressorKind {
  /** The lowest and the highest level; none when there is no choice. */
  readonly levels?: readonly [least: number, most: number]
  readonly readOnly?: true
  /** Throws when a package is missing that it needs. */
  readonly make: (level?: number) => Compressor
}

export const compressors: Readonly<Record<CompressorName | DecompressorName, CompressorKind>> = {
  zlib: { levels: [1, 9], make: zlibCompressor },
  gzip: { levels: [1, 9], make: gzipCompressor },
  brotli: { levels: [0, 11], make: brotliCompressor },
  zstd: { levels: [1, 22], make: zstdCompressor },
  lz4: { make: () => new Lz4Compressor() },
  bz2: { readOnly: true, make: () => new Bz2Compressor() },
  xz: { readOnly: true, make: () => new XzCompressor() },
}

/** Whether a compressor is one of ours, which a name that is taken says; a user's own has another. */
export function isBuiltIn({ name }: Compressor): boolean {
  return Object.hasOwn(compressors, name)
}
