import { parseInteger, parseNumber } from '../../numbers.js'
import { refuse } from './refuse.js'

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
