import { toBytes, type Value } from './value.js'

/**
 * A number as it is stored, readable by INCR, by Python and by us: safe integers and bigint as digits, any other as
 * Python's repr of a float, always with a point or an exponent.
 * Source: django-valkey encode → repr(value)
 */
export function formatNumber(value: number | bigint): string {
  if (typeof value === 'bigint') return formatInteger(value)
  if (Number.isSafeInteger(value) && !Object.is(value, -0)) return String(value)
  const negative = value < 0 || Object.is(value, -0)
  return `${negative ? '-' : ''}${formatMagnitude(Math.abs(value))}`
}

/**
 * A number as msgspec writes it inside JSON: safe integers as digits, any other as a float, with an exponent below 1e-5
 * and from 1e16 on.
 */
export function formatMsgspecNumber(value: number): string {
  if (Number.isSafeInteger(value)) return String(value)
  const { mantissa, exponent } = scientific(value)
  return exponent >= -5 && exponent < 16 ? decimal(mantissa, exponent) : `${mantissa}e${exponent}`
}

/**
 * The number that a stored text is, if it is one: digits → number, or bigint past 2^53; point or exponent → number.
 * @throws {RangeError} for a whole number of more than {@link mostDigits} digits
 */
export function parseNumber(text: string): number | bigint | undefined {
  if (integerText.test(text)) return parseInteger(text.startsWith('+') ? text.slice(1) : text)
  if (decimalText.test(text)) return Number(text)
  const special = /^([+-]?)(nan|inf|infinity)$/i.exec(text)
  if (special === null) return undefined
  return special[2]?.toLowerCase() === 'nan' ? NaN : special[1] === '-' ? -Infinity : Infinity
}

/**
 * A whole number from its digits, with a minus in front or without: a number where that is exact, else a bigint.
 * @throws {RangeError} for more than {@link mostDigits} digits
 */
export function parseInteger(digits: string): number | bigint {
  if (digits.length > mostDigits) checkDigits(digits.startsWith('-') ? digits.length - 1 : digits.length)
  const value = Number(digits)
  return Number.isSafeInteger(value) ? value : BigInt(digits)
}

/**
 * A bigint as digits.
 * @throws {RangeError} for more than {@link mostDigits} digits
 */
export function formatInteger(value: bigint): string {
  if (value >= tooLong || value <= -tooLong) checkDigits(Infinity)
  return String(value)
}

function checkDigits(count: number): void {
  if (count > mostDigits)
    throw new RangeError(`a whole number of more than ${mostDigits} digits is not stored as digits; store it as bytes.`)
}

/** As {@link parseNumber}, of what is stored. */
export function readNumber(stored: Value): number | bigint | undefined {
  const first = typeof stored === 'string' ? stored.charCodeAt(0) : stored[0]
  if (!mayBeNumber(first)) return undefined
  return parseNumber(typeof stored === 'string' ? stored : toBytes(stored).toString('latin1'))
}

/** Whether something that is stored would be read as a number, or refused as one of too many digits. */
export function isNumeric(stored: Value): boolean {
  try {
    return readNumber(stored) !== undefined
  } catch {
    return true
  }
}

/** A look at the first character saves a regular expression for the usual values: a sign, a point, a digit, N or I. */
function mayBeNumber(first: number | undefined): boolean {
  if (first === undefined) return false
  return (first >= 0x2b && first <= 0x39) || (first | 0x20) === 0x6e || (first | 0x20) === 0x69
}

/** Python writes an exponent below 1e-4 and from 1e16 on, with two digits at least. */
function formatMagnitude(value: number): string {
  if (value === 0) return '0.0'
  const { mantissa, exponent } = scientific(value)
  if (exponent >= -4 && exponent < 16) return decimal(mantissa, exponent)
  return `${mantissa}e${exponent < 0 ? '-' : '+'}${String(Math.abs(exponent)).padStart(2, '0')}`
}

function scientific(value: number): { readonly mantissa: string; readonly exponent: number } {
  const [mantissa = '', power = '0'] = value.toExponential().split('e')
  return { mantissa, exponent: Number(power) }
}

function decimal(mantissa: string, exponent: number): string {
  const digits = mantissa.replace('.', '')
  if (exponent < 0) return `0.${'0'.repeat(-exponent - 1)}${digits}`
  const whole = digits.slice(0, exponent + 1).padEnd(exponent + 1, '0')
  return `${whole}.${digits.slice(exponent + 1) || '0'}`
}

/**
 * How many digits a whole number may have as text. To and from text takes a time that grows faster than the digits, so
 * that a million of them would hold the event loop for half a second. Python has the same limit.
 * Source: CPython's sys.int_info.default_max_str_digits
 */
export const mostDigits = 4_300
const tooLong = 10n ** BigInt(mostDigits)
const integerText = /^[+-]?\d+$/
/** In a time that grows with the text: there is one way only to read the digits. */
const decimalText = /^[+-]?(?:\d+(?:\.\d*)?|\.\d+)(?:e[+-]?\d+)?$/i
