import { TooLargeError } from '../bounds.js'

/** How much comes out of a zstd frame: `most` is exact when the frame says it. */
export interface ZstdSize {
  readonly most: number
  readonly exact: boolean
}

/**
 * Walks the blocks of a frame without decompressing them.
 * Source: RFC 8878, 3.1.1
 * @throws {RangeError} when the frame is cut off, is none, or something follows it
 * @throws {TooLargeError} when more than `maxBytes` must come out
 */
export function zstdSize(bytes: Buffer, maxBytes: number): ZstdSize {
  const { declared, checksum, end } = readHeader(bytes)
  if (declared !== undefined && declared > maxBytes) throw new TooLargeError(maxBytes)
  let [at, most, last] = [end, 0, false]
  while (!last) {
    const block = bytes.readUIntLE(at, 3)
    const [type, size] = [(block >> 1) & 3, block >> 3]
    last = (block & 1) === 1
    at += 3 + (type === RLE ? 1 : size)
    most += type === COMPRESSED ? largestBlock : size
  }
  if (at + (checksum ? 4 : 0) !== bytes.length) throw new RangeError('the frame does not end with its bytes.')
  if (declared !== undefined && declared > most) throw new RangeError('the frame cannot hold what it says.')
  return declared === undefined ? { most, exact: false } : { most: declared, exact: true }
}

interface Header {
  /** How much comes out, where the frame says it. */
  readonly declared: number | undefined
  readonly checksum: boolean
  readonly end: number
}

function readHeader(bytes: Buffer): Header {
  if (bytes.readUInt32LE() !== 0xfd2fb528) throw new RangeError('no zstd frame.')
  const flags = bytes.readUInt8(4)
  const single = (flags & 0x20) !== 0
  const at = 5 + (single ? 0 : 1) + ([0, 1, 2, 4][flags & 3] as number)
  const checksum = (flags & 4) !== 0
  switch (flags >> 6) {
    case 0:
      return single
        ? { declared: bytes.readUInt8(at), checksum, end: at + 1 }
        : { declared: undefined, checksum, end: at }
    case 1:
      return { declared: bytes.readUInt16LE(at) + 256, checksum, end: at + 2 }
    case 2:
      return { declared: bytes.readUInt32LE(at), checksum, end: at + 4 }
    default:
      return { declared: Number(bytes.readBigUInt64LE(at)), checksum, end: at + 8 }
  }
}

const [RLE, COMPRESSED] = [1, 2]
const largestBlock = 128 * 1024
