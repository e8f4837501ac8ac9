import { parseNumber } from '../../numbers.js'
import { mostDigits } from './limits.js'
import { refuse } from './refuse.js'

/** A whole number as the protocols 0 and 1 have it; they have True and False as `01` and `00`. */
export function readDecimalInteger(line: string): number | bigint | boolean {
  if (line === '00' || line === '01') return line === '01'
  const digits = line.replace(/L$/, '')
  const value = /^-?\d+$/.test(digits) && digits.length <= mostDigits ? parseNumber(digits) : undefined
  return value ?? refuse('a number in it is none, or too long')
}

/** A float as the protocol 0 has it. */
export function readDecimalFloat(line: string): number {
  const value = parseNumber(line)
  return value === undefined ? refuse('a number in it is none') : Number(value)
}
