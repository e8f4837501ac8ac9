import { TooLargeError } from '../bounds.js'

/** One frame that holds something, and how much comes out of it: `most` is exact when the frame says it. */
export interface ZstdFrame {
  readonly start: number
  readonly end: number
  readonly most: number
  readonly exact: boolean
}

/**
 * The frames of a value, found without decompressing them; those that are empty or to be skipped are left out.
 * Source: RFC 8878, 3.1
 * @throws {RangeError} when there is no frame, one is cut off, something else follows it, or there are more than 4096
 * @throws {TooLargeError} when more than `maxBytes` must come out of them
 */
export function zstdFrames(bytes: Buffer, maxBytes: number): readonly ZstdFrame[] {
  const frames: ZstdFrame[] = []
  let least = 0
  let at = skip(bytes, 0)
  do {
    const frame = readFrame(bytes, at)
    if (frame.exact) least += frame.most
    if (least > maxBytes) throw new TooLargeError(maxBytes)
    if (frame.most > 0) frames.push(frame)
    if (frames.length > mostFrames) throw new RangeError(`more than ${mostFrames} frames.`)
    at = skip(bytes, frame.end)
  } while (at < bytes.length)
  return frames
}

/** Whether the first frame that is not to be skipped begins as those of zstd do. */
export function isZstd(bytes: Buffer): boolean {
  if (bytes.length < 4) return false
  if (!isSkippable(bytes, 0)) return bytes.readUInt32LE() === magic
  const at = skip(bytes, 0)
  return at + 4 <= bytes.length && bytes.readUInt32LE(at) === magic
}

/** Where the next frame begins that is not to be skipped. */
function skip(bytes: Buffer, from: number): number {
  let at = from
  while (isSkippable(bytes, at)) at += 8 + bytes.readUInt32LE(at + 4)
  if (at > bytes.length) throw cutOff()
  return at
}

function isSkippable(bytes: Buffer, at: number): boolean {
  return at + 8 <= bytes.length && (bytes.readUInt32LE(at) & 0xffff_fff0) === 0x184d_2a50
}

/** Walks the blocks of a frame. */
function readFrame(bytes: Buffer, start: number): ZstdFrame {
  const { declared, checksum, end } = readHeader(bytes, start)
  let [at, most, last] = [end, 0, false]
  while (!last) {
    const block = bytes.readUIntLE(at, 3)
    const [type, size] = [(block >> 1) & 3, block >> 3]
    last = (block & 1) === 1
    at += 3 + (type === RLE ? 1 : size)
    most += type === COMPRESSED ? largestBlock : size
  }
  if (checksum) at += 4
  if (at > bytes.length) throw cutOff()
  if (declared !== undefined && declared > most) throw new RangeError('the frame cannot hold what it says.')
  return { start, end: at, most: declared ?? most, exact: declared !== undefined }
}

interface Header {
  /** How much comes out, where the frame says it. */
  readonly declared: number | undefined
  readonly checksum: boolean
  readonly end: number
}

function readHeader(bytes: Buffer, start: number): Header {
  if (bytes.readUInt32LE(start) !== magic) throw new RangeError('no zstd frame.')
  const flags = bytes.readUInt8(start + 4)
  const single = (flags & 0x20) !== 0
  const at = start + 5 + (single ? 0 : 1) + ([0, 1, 2, 4][flags & 3] as number)
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

function cutOff(): RangeError {
  return new RangeError('the frame does not end with its bytes.')
}

const magic = 0xfd2f_b528
const [RLE, COMPRESSED] = [1, 2]
const largestBlock = 128 * 1024
/** Each costs a call of the decompressor; 64 KiB in each make 256 MiB. */
const mostFrames = 4_096
