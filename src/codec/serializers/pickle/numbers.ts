import { parseInteger, parseNumber } from '../../numbers.js'
import { opcode } from './opcodes.js'
import type { Output } from './output.js'
import { refuse } from './refuse.js'

/** A whole number as it is read: a number where that is exact, else a bigint. */
export function toInteger(value: bigint): number | bigint {
  return value >= least && value <= most ? Number(value) : value
}

/** Two's complement, least significant byte first; no bytes are 0. In a time that grows with the bytes. */
export function readInteger(bytes: Buffer): number | bigint {
  if (bytes.length === 0) return 0
  if (bytes.length <= 6) return bytes.readIntLE(0, bytes.length)
  const unsigned = BigInt(`0x${Buffer.from(bytes).reverse().toString('hex')}`)
  return toInteger(BigInt.asIntN(bytes.length * 8, unsigned))
}

/** As {@link readInteger} takes it, in the fewest bytes. */
export function writeInteger(value: bigint): Buffer {
  const length = byteLength(value < 0n ? ~value : value)
  const hex = BigInt.asUintN(length * 8, value).toString(16)
  return Buffer.from(hex.padStart(length * 2, '0'), 'hex').reverse()
}

/** With room for the sign. */
function byteLength(magnitude: bigint): number {
  const hex = magnitude.toString(16)
  const leadingBit = hex.charCodeAt(0) >= 0x38 && hex.length % 2 === 0 ? 1 : 0
  return Math.ceil(hex.length / 2) + leadingBit
}

/** A whole number as the protocols 0 and 1 have it; they have True and False as `01` and `00`. */
export function readDecimalInteger(line: string): number | bigint | boolean {
  if (line === '00' || line === '01') return line === '01'
  const digits = line.replace(/L$/, '')
  return /^-?\d+$/.test(digits) ? guarded(() => parseInteger(digits)) : refuse('a number in it is none')
}

/** A float as the protocol 0 has it. */
export function readDecimalFloat(line: string): number {
  const value = guarded(() => parseNumber(line))
  return value === undefined ? refuse('a number in it is none') : Number(value)
}

function guarded<Out>(parse: () => Out): Out {
  try {
    return parse()
  } catch (cause) {
    return refuse('a number in it is too long', cause)
  }
}

/** Whole numbers as Python's int, as far as they are exact; all others as its float. */
export function writeNumber(out: Output, value: number): void {
  if (Number.isSafeInteger(value) && !Object.is(value, -0)) return writeInt(out, value)
  out.byte(opcode.BINFLOAT)
  out.float(value)
}

/** In the shortest form. */
export function writeInt(out: Output, value: number | bigint): void {
  if (value < -0x8000_0000 || value > 0x7fff_ffff) return writeLong(out, writeInteger(BigInt(value)))
  const int = Number(value)
  if (int < 0 || int > 0xffff) {
    out.byte(opcode.BININT)
    out.int32(int)
  } else {
    out.byte(int > 0xff ? opcode.BININT2 : opcode.BININT1)
    out.uint(int, int > 0xff ? 2 : 1)
  }
}

function writeLong(out: Output, bytes: Buffer): void {
  const short = bytes.length < 256
  out.byte(short ? opcode.LONG1 : opcode.LONG4)
  out.uint(bytes.length, short ? 1 : 4)
  out.bytes(bytes)
}

const least = BigInt(Number.MIN_SAFE_INTEGER)
const most = BigInt(Number.MAX_SAFE_INTEGER)
