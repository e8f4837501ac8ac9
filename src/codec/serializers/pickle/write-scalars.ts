import { writeInteger } from './integers.js'
import { opcode } from './opcodes.js'
import type { Output } from './output.js'

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
