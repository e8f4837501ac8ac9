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

const least = BigInt(Number.MIN_SAFE_INTEGER)
const most = BigInt(Number.MAX_SAFE_INTEGER)
