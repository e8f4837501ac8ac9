import { promisify } from 'node:util'
import type { ZlibOptions } from 'node:zlib'
import { builtins } from '../../builtins.js'
import type { Compressor } from '../compressor.js'
import { NodeCompressor } from './node-compressor.js'

export function zlibCompressor(level = 6): Compressor {
  const { deflate, deflateSync, inflate, inflateSync } = builtins.zlib
  return new NodeCompressor<ZlibOptions>({
    name: 'zlib',
    compress: { now: deflateSync, later: promisify<Uint8Array, ZlibOptions, Buffer>(deflate) },
    decompress: { now: inflateSync, later: promisify<Uint8Array, ZlibOptions, Buffer>(inflate) },
    options: () => ({ level }),
    marks: ([first = 0, second = 0]) => (first & 0x8f) === 8 && (first * 0x100 + second) % 31 === 0,
  })
}
