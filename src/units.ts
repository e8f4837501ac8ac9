import { ConfigurationError } from './errors.js'
import { isPromise } from './promises.js'

/** A length of time in milliseconds. */
export type Milliseconds = number

/** A number of milliseconds, or a literal: `'250ms'`, `'30s'`, `'10m'`, `'1h'`, `'7d'`. */
export type Duration = Milliseconds | `${number}${'ms' | 's' | 'm' | 'h' | 'd'}`

/**
 * Reads a duration.
 * Units: milliseconds; fractions are kept.
 * @throws {ConfigurationError} E_CONFIG at `path` when it is neither a finite number nor a literal
 */
export function toMilliseconds(value: Duration, path: string): Milliseconds {
  if (typeof value === 'number' && Number.isFinite(value)) return value
  const [, amount, unit] = (typeof value === 'string' && literal.exec(value)) || []
  const read = Number(amount) * milliseconds[unit as keyof typeof milliseconds]
  if (Number.isFinite(read)) return read
  throw new ConfigurationError(path, `expected milliseconds or '250ms' '30s' '10m' '1h' '7d', got ${show(value)}`)
}

/** As {@link toMilliseconds}, and more than 0. */
export function toPositiveMilliseconds(value: Duration, path: string): Milliseconds {
  const ms = toMilliseconds(value, path)
  if (ms > 0) return ms
  throw new ConfigurationError(path, `must be more than 0 ms, got ${show(value)}`)
}

/** As {@link toMilliseconds}, and not less than 0. */
export function toUnsignedMilliseconds(value: Duration, path: string): Milliseconds {
  const ms = toMilliseconds(value, path)
  if (ms >= 0) return ms
  throw new ConfigurationError(path, `must not be negative, got ${show(value)}`)
}

/** @throws {ConfigurationError} E_CONFIG at `path` when it is no whole number, or less than `least` */
export function toWholeNumber(value: number, least: number, path: string): number {
  if (Number.isSafeInteger(value) && value >= least) return value
  throw new ConfigurationError(path, `expected a whole number of at least ${least}, got ${show(value)}`)
}

/** Refuses names that are no options. @throws {ConfigurationError} E_CONFIG at the option */
export function checkNames(given: object, known: readonly string[], path: string): void {
  for (const name of Object.keys(given))
    if (!known.includes(name))
      throw new ConfigurationError(`${path}.${name}`, `unknown option; known are ${known.join(', ')}`)
}

/**
 * A value as it may appear in an error message: short, never an object's contents, and never a text that may hold a
 * password or a key, as URLs and PEM do. What should be no text at all is told by {@link kindOf}. A promise that stands
 * where a value is expected, as an async function gives it, is refused with this error: its own rejection is nobody's.
 */
export function show(value: unknown): string {
  if (typeof value === 'string') {
    if (secretText.test(value)) return 'a text that is not shown'
    return `'${value.length > 60 ? `${value.slice(0, 60)}…` : value}'`
  }
  if (typeof value === 'function') return 'a function'
  if (value === null || typeof value !== 'object') return String(value)
  if (isPromise(value)) {
    value.then(undefined, () => {}) // without a handler its rejection would end the process
    return 'a promise'
  }
  return Array.isArray(value) ? 'an array' : 'an object'
}

/** What kind of value stands where another kind is expected, without its contents: it may be a secret. */
export function kindOf(value: unknown): string {
  return typeof value === 'string' ? 'a text' : show(value)
}

/** Where time comes from. Everything that waits or measures is given one, so that tests can turn it by hand. */
export interface Clock {
  now(): Milliseconds
}

/** Never steps back; its zero means nothing. */
export const monotonicClock: Clock = { now: () => performance.now() }

/** Whole ms since 1970, as other hosts count them; steps when the host's clock is set. */
export const wallClock: Clock = { now: () => Date.now() }

/** A timer set to more than this goes off at once, in ms. */
export const longestTimer: Milliseconds = 2 ** 31 - 1

/** A wait as a timer takes it, in ms: Node warns of less than 0, and takes more than {@link longestTimer} for 1. */
export function timerDelay(wait: Milliseconds): Milliseconds {
  return Math.min(Math.max(0, wait), longestTimer)
}

const secretText = /:\/\/|@|-----BEGIN/
const literal = /^(-?\d+(?:\.\d+)?)(ms|s|m|h|d)$/
const milliseconds = { ms: 1, s: 1_000, m: 60_000, h: 3_600_000, d: 86_400_000 }
