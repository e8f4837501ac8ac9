import { CodecError } from '../errors.js'
import { formatNumber } from './numbers.js'

/**
 * A value as Python's json.dumps writes it: `, ` and `: ` between the parts, everything beyond ASCII escaped, fractions
 * as Python's repr. Sets compare their members by their bytes, so there they must be the same on both sides.
 * Shape: JSON.stringify decides what becomes of a value (a Date is its ISO text, NaN is null); bare numbers are not
 * its concern.
 * @returns `undefined` for what has no JSON form at all, as JSON.stringify
 * @throws what JSON.stringify throws
 * Source: django-valkey encode → DjangoJSONEncoder
 */
export function pythonJson(value: unknown): string | undefined {
  return (JSON.stringify(value) as string | undefined)?.replace(tokens, rewrite)
}

/**
 * A member of a set or sorted set, for the format that Python shares: numbers bare, the rest as {@link pythonJson}.
 * @throws {TypeError} for `undefined`, functions and symbols, which are not values
 * @throws {CodecError} E_CODEC for what cannot be written
 */
export function encodeMember(value: unknown): string {
  if (typeof value === 'bigint') return formatNumber(value)
  if (typeof value === 'number') {
    if (Number.isFinite(value)) return formatNumber(value)
    throw new CodecError('encode', `${value} cannot be stored; store null, or text.`)
  }
  const json = written(value)
  if (json === undefined) throw new TypeError(`${typeof value} is not a value that can be stored; null is.`)
  return json
}

function written(value: unknown): string | undefined {
  try {
    return pythonJson(value)
  } catch (cause) {
    throw new CodecError('encode', 'this member has no JSON form (a cycle, a nested bigint …); see cause.', { cause })
  }
}

function rewrite(token: string): string {
  if (token.startsWith('"')) return token.replace(beyondAscii, escape)
  if (token === ',' || token === ':') return `${token} `
  return formatNumber(Number(token))
}

/** Each half of a surrogate pair on its own, as Python does. */
function escape(unit: string): string {
  return `\\u${unit.charCodeAt(0).toString(16).padStart(4, '0')}`
}

/** Strings, what stands between parts, and numbers; the rest of JSON is the same in Python. */
const tokens = /"[^"\\]*(?:\\.[^"\\]*)*"|[,:]|-?\d[\d.eE+-]*/g
const beyondAscii = /[^ -~]/g
