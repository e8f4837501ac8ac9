import { promisify } from 'node:util'
import type { ZlibOptions } from 'node:zlib'
import { builtins } from '../../builtins.js'
import type { Compressor } from '../compressor.js'
import { NodeCompressor } from './node-compressor.js'

export function gzipCompressor(level = 9): Compressor {
  const { gunzip, gunzipSync, gzip, gzipSync } = builtins.zlib
  return new NodeCompressor<ZlibOptions>({
    name: 'gzip',
    compress: { now: gzipSync, later: promisify<Uint8Array, ZlibOptions, Buffer>(gzip) },
    decompress: { now: gunzipSync, later: promisify<Uint8Array, ZlibOptions, Buffer>(gunzip) },
    options: () => ({ level }),
    marks: ([first, second]) => first === 0x1f && second === 0x8b,
  })
}
