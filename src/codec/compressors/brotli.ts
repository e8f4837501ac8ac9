import { promisify } from 'node:util'
import type { BrotliOptions } from 'node:zlib'
import { builtins } from '../../builtins.js'
import type { Compressor } from '../compressor.js'
import { NodeCompressor } from './node-compressor.js'

/** Its bytes have no mark. From level 10 on a KiB takes a millisecond, so all of it is done off the event loop. */
export function brotliCompressor(level = 11): Compressor {
  const { brotliCompress, brotliCompressSync, brotliDecompress, brotliDecompressSync, constants } = builtins.zlib
  return new NodeCompressor<BrotliOptions>({
    name: 'brotli',
    compress: { now: brotliCompressSync, later: promisify<Uint8Array, BrotliOptions, Buffer>(brotliCompress) },
    decompress: { now: brotliDecompressSync, later: promisify<Uint8Array, BrotliOptions, Buffer>(brotliDecompress) },
    options: ({ length }) => ({
      params: { [constants.BROTLI_PARAM_QUALITY]: level, [constants.BROTLI_PARAM_SIZE_HINT]: length },
    }),
    ...(level >= 10 ? { laterFrom: 0 } : {}),
  })
}
