import type { Binary } from './binary.js'
import { notAnInteger, Refusal } from './refusal.js'

/** A whole number of 64 bits, written in the one way a server takes: no plus, no zeros in front. */
export function parseInteger(text: Binary): bigint | undefined {
  if (text.length > 20 || !/^(?:0|-?[1-9]\d*)$/.test(text)) return undefined
  const value = BigInt(text)
  return fits64(value) ? value : undefined
}

export function fits64(value: bigint): boolean {
  return value === BigInt.asIntN(64, value)
}

/** @throws {Refusal} */
export function toInteger(text: Binary): bigint {
  const value = parseInteger(text)
  if (value === undefined) throw notAnInteger()
  return value
}

/** As {@link toInteger}, for counts and positions, where digits past 2^53 make no difference. */
export function toNumber(text: Binary): number {
  return Number(toInteger(text))
}

/** @throws {Refusal} `problem`, when it is less than `least` or no whole number */
export function toCount(text: Binary, least: number, problem: string): number {
  const value = parseInteger(text)
  if (value === undefined || value < least) throw new Refusal(problem)
  return Number(value)
}

export function toPositive(text: Binary): number {
  return toCount(text, 0, 'ERR value is out of range, must be positive')
}

/** A whole number as it is replied: bigint past 2^53. */
export function narrow(value: bigint): number | bigint {
  const number = Number(value)
  return Number.isSafeInteger(number) ? number : value
}

/** A double as strtod reads it, but for hexadecimal; `undefined` when it is none, or too far from 0 or too near. */
export function parseDouble(text: Binary): number | undefined {
  const infinite = infiniteText.exec(text)
  if (infinite !== null) return infinite[1] === '-' ? -Infinity : Infinity
  if (!decimalText.test(text)) return undefined
  const value = Number(text)
  const underflow = value === 0 && /[1-9]/.test(text.replace(/e.*/i, ''))
  return Number.isFinite(value) && !underflow ? value : undefined
}

/** @throws {Refusal} */
export function toDouble(text: Binary, problem = 'ERR value is not a valid float'): number {
  const value = parseDouble(text)
  if (value === undefined) throw new Refusal(problem)
  return value
}

/** A double as it is written: the shortest text that reads as the same number. */
export function doubleText(value: number): string {
  if (Number.isFinite(value)) return String(value)
  return value > 0 ? 'inf' : '-inf'
}

/** `digits` divided by 10 to the power of `scale`. */
export interface Decimal {
  readonly digits: bigint
  readonly scale: number
}

/** @throws {Refusal} `problem`, when it is no decimal number; `undefined` for an infinity */
export function toDecimal(text: Binary, problem = 'ERR value is not a valid float'): Decimal | undefined {
  if (infiniteText.test(text)) return undefined
  const parts = text.length < longestDecimal ? decimalText.exec(text) : null
  const [, sign = '', whole = '', behind = '', only = '', power = '0'] = parts ?? []
  const fraction = behind + only
  const scale = fraction.length - Number(power)
  if (parts === null || Math.abs(scale) > largestPower) throw new Refusal(problem)
  const digits = BigInt(`${whole}${fraction}`) * (sign === '-' ? -1n : 1n)
  return scale >= 0 ? { digits, scale } : { digits: digits * 10n ** BigInt(-scale), scale: 0 }
}

/**
 * The sum as INCRBYFLOAT writes it: without an exponent, with 17 digits after the point at most.
 * Shape: exact; a server adds in C's long double, whose digits past the 18th depend on its processor.
 * @throws {Refusal} for an infinity
 */
export function addDecimals(one: Decimal | undefined, other: Decimal | undefined): string {
  if (one === undefined || other === undefined) throw new Refusal('ERR increment would produce NaN or Infinity')
  const scale = Math.max(one.scale, other.scale)
  return decimalOf(scaled(one, scale) + scaled(other, scale), scale)
}

function scaled({ digits, scale }: Decimal, wanted: number): bigint {
  return digits * 10n ** BigInt(wanted - scale)
}

function decimalOf(digits: bigint, scale: number): string {
  const rounded = scale <= mostPlaces ? digits : divideRounded(digits, 10n ** BigInt(scale - mostPlaces))
  const places = Math.min(scale, mostPlaces)
  const text = String(rounded < 0n ? -rounded : rounded).padStart(places + 1, '0')
  const whole = text.slice(0, text.length - places)
  const fraction = text.slice(text.length - places).replace(/0+$/, '')
  return `${rounded < 0n ? '-' : ''}${whole}${fraction === '' ? '' : `.${fraction}`}`
}

function divideRounded(digits: bigint, by: bigint): bigint {
  const half = digits < 0n ? -by / 2n : by / 2n
  return (digits + half) / by
}

/** In a time that grows with the text: there is one way only to read the digits. */
const decimalText = /^([+-]?)(?:(\d+)(?:\.(\d*))?|\.(\d+))(?:e([+-]?\d+))?$/i
const infiniteText = /^([+-]?)inf(?:inity)?$/i
const mostPlaces = 17
/** What a server reads as a long double: so many characters, and a power of ten up to this. */
const longestDecimal = 5 * 1_024
const largestPower = 4_932
