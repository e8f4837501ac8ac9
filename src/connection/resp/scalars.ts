/** Bytes that are not RESP, or more of them than a server may send. */
export class MalformedReplyError extends Error {}

/** Numbers up to 2^53 are numbers, longer ones bigint. */
export function integer(buffer: Buffer, start: number, end: number): number | bigint {
  const signed = buffer[start] === MINUS || buffer[start] === PLUS
  const from = signed ? start + 1 : start
  if (end - from > longestSafe) return wideInteger(buffer.toString('latin1', start, end))
  const value = digits(buffer, from, end)
  return buffer[start] === MINUS && value !== 0 ? -value : value
}

export function boolean(text: string): boolean {
  if (text === 't' || text === 'f') return text === 't'
  throw new MalformedReplyError('a boolean that is neither t nor f')
}

export function double(text: string): number {
  if (/^[+-]?inf$/i.test(text)) return text.startsWith('-') ? -Infinity : Infinity
  if (/^[+-]?nan$/i.test(text)) return NaN
  if (/^[+-]?\d+(\.\d*)?(e[+-]?\d+)?$/i.test(text)) return Number(text)
  throw new MalformedReplyError('a double that is not a number')
}

export function bigNumber(text: string): bigint {
  if (/^[+-]?\d+$/.test(text)) return BigInt(text.startsWith('+') ? text.slice(1) : text)
  throw new MalformedReplyError('a big number that is not digits')
}

function wideInteger(text: string): number | bigint {
  const wide = bigNumber(text)
  const narrow = Number(wide)
  return Number.isSafeInteger(narrow) ? narrow : wide
}

function digits(buffer: Buffer, start: number, end: number): number {
  if (start === end || end - start > longestSafe) throw new MalformedReplyError('a number of no digits, or too many')
  let value = 0
  for (let index = start; index < end; index++) {
    const digit = (buffer[index] as number) - ZERO
    if (digit < 0 || digit > 9) throw new MalformedReplyError('a number with something else than digits in it')
    value = value * 10 + digit
  }
  return value
}

const longestSafe = 15
const [MINUS, PLUS, ZERO] = [45, 43, 48]
