import { TooLargeError } from '../bounds.js'

/**
 * How much comes out of an LZ4 frame, counted without decompressing it.
 * Source: github.com/lz4/lz4, doc/lz4_Frame_format.md and doc/lz4_Block_format.md
 * @throws {RangeError} when the frame is cut off, is none, or something follows it
 * @throws {TooLargeError} when more than `maxBytes` would come out
 */
export function checkLz4(bytes: Buffer, maxBytes: number): number {
  if (bytes.readUInt32LE() !== 0x184d2204) throw new RangeError('no LZ4 frame.')
  const flags = bytes.readUInt8(4)
  const checksum = (flag: number): number => ((flags & flag) === 0 ? 0 : 4)
  let at = 7 + ((flags & 0x08) === 0 ? 0 : 8) + checksum(0x01)
  let size = 0
  for (let block = bytes.readUInt32LE(at); block !== 0; block = bytes.readUInt32LE(at)) {
    const length = block & 0x7fff_ffff
    at += 4
    if (at + length > bytes.length) throw cutOff()
    size += block >= 0x8000_0000 ? length : blockSize(bytes.subarray(at, at + length))
    if (size > maxBytes) throw new TooLargeError(maxBytes)
    at += length + checksum(0x10)
  }
  if (at + 4 + checksum(0x04) !== bytes.length) throw cutOff()
  return size
}

/** Adds up the lengths of its sequences: literals, then a match, except in the last one. */
function blockSize(block: Buffer): number {
  let [at, size] = [0, 0]
  const length = (nibble: number): number => {
    let value = nibble
    for (let more = nibble === 15 ? 255 : 0; more === 255; value += more) more = block.readUInt8(at++)
    return value
  }
  while (at < block.length) {
    const token = block.readUInt8(at++)
    const literals = length(token >> 4)
    at += literals
    size += literals
    if (at >= block.length) break
    at += 2
    size += 4 + length(token & 15)
  }
  if (at !== block.length) throw cutOff()
  return size
}

function cutOff(): RangeError {
  return new RangeError('the frame does not end with its bytes.')
}
