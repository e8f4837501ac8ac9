import type { Credential } from '../../connection/options.js'
import { ConfigurationError } from '../../errors.js'
import { kindOf, show, type Milliseconds } from '../../units.js'

/** An object that was written as a Python dictionary. */
export type Dictionary = Readonly<Record<string, unknown>>

/** @throws {ConfigurationError} E_CONFIG, as all of these, when the value is something else */
export function dictionary(value: unknown, path: string): Dictionary {
  if (isDictionary(value)) return value
  throw new ConfigurationError(path, `expected an object, got ${kindOf(value)}`)
}

/** As {@link dictionary}; nothing and `None` are an empty one. */
export function optionalDictionary(value: unknown, path: string): Dictionary {
  return value === undefined || value === null ? {} : dictionary(value, path)
}

export function text(value: unknown, path: string): string {
  if (typeof value === 'string') return value
  throw new ConfigurationError(path, `expected a text, got ${show(value)}`)
}

/** Reads a text, or what Python's `str()` makes one of: a number, `True`, `False` or `None`. */
export function pythonText(value: unknown, path: string): string {
  if (value === null) return 'None'
  if (typeof value === 'boolean') return value ? 'True' : 'False'
  return typeof value === 'number' && Number.isFinite(value) ? String(value) : text(value, path)
}

/** Reads a text, a number, which is sent as its digits, or a function. Never shows the value. */
export function credential(value: unknown, path: string): Credential {
  if (typeof value === 'number' && Number.isFinite(value)) return String(value)
  if (isCredential(value)) return value
  throw new ConfigurationError(path, 'expected a text or a function that returns one')
}

/** Whether Python takes a value for true; any text but the empty one is. */
export function truth(value: unknown, path: string): boolean {
  if (value === null || ['boolean', 'number', 'string'].includes(typeof value)) return Boolean(value)
  throw new ConfigurationError(path, `expected true or false, got ${show(value)}`)
}

export function wholeNumber(value: unknown, path: string): number {
  if (typeof value === 'number' && Number.isSafeInteger(value) && value >= 0) return value
  throw new ConfigurationError(path, `expected a whole number from 0, got ${show(value)}`)
}

/** As {@link wholeNumber}, or its decimal text. */
export function numberOrDigits(value: unknown, path: string): number {
  const digits = typeof value === 'string' && /^(0|[1-9]\d*)$/.test(value)
  return wholeNumber(digits ? Number(value) : value, path)
}

/** What Python's `int()` makes of a value; `undefined` where it raises. */
export function pythonInt(value: unknown): number | undefined {
  if (typeof value === 'boolean') return Number(value)
  if (typeof value === 'number') return Number.isFinite(value) ? Math.trunc(value) : undefined
  const digits = typeof value === 'string' && /^\s*([+-]?\d+(?:_\d+)*)\s*$/.exec(value)?.[1]
  return digits ? Number(digits.replaceAll('_', '')) : undefined
}

/** Units: takes seconds, gives milliseconds, to the microsecond: `0.07` is 70 and not 70.00000000000001. */
export function seconds(value: unknown, path: string): Milliseconds {
  const number = typeof value === 'boolean' ? Number(value) : value
  if (typeof number === 'number' && Number.isFinite(number)) return Math.round(number * 1_000_000) / 1_000
  throw new ConfigurationError(path, `expected a number of seconds, got ${show(value)}`)
}

/** As {@link seconds}, more than 0. */
export function positiveSeconds(value: unknown, path: string): Milliseconds {
  const milliseconds = seconds(value, path)
  if (milliseconds > 0) return milliseconds
  throw new ConfigurationError(path, `expected more than 0 seconds, got ${show(value)}`)
}

function isDictionary(value: unknown): value is Dictionary {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}

function isCredential(value: unknown): value is Credential {
  return typeof value === 'string' || typeof value === 'function'
}
