import { ConfigurationError } from '../errors.js'
import { show } from '../units.js'
import { nearest } from './nearest.js'

/** Refuses a value that an option cannot have. @throws {ConfigurationError} E_CONFIG at `path` */
export type Check = (value: never, path: string) => unknown

/** The options that a method takes, and how each is checked. */
export type OptionTable = ReadonlyMap<string, Check>

/**
 * Checks the options of one call: names that the method does not have, and values of a wrong kind. `undefined` is absent.
 * Costs a look-up for each option given, and nothing where there are none.
 * @throws {ConfigurationError} E_CONFIG at `method().option`
 */
export function checkOptions(method: string, takes: OptionTable, options: object): void {
  if (typeof options !== 'object' || options === null || Array.isArray(options))
    throw positional(method, takes, options)
  let some = false
  for (const name in options) {
    some = true
    const check = takes.get(name)
    if (check === undefined) throw unknownOption(method, takes, name)
    const value = (options as Readonly<Record<string, never>>)[name]
    if (value !== undefined) check(value, `${method}().${name}`)
  }
  if (!some) checkPlain(method, options)
}

/** A Date, a Map or the like has no names of options. */
function checkPlain(method: string, options: object): void {
  const kind = Object.prototype.toString.call(options).slice(8, -1)
  if (kind !== 'Object') throw new ConfigurationError(`${method}()`, `expected an object of options, got a ${kind}`)
}

function positional(method: string, takes: OptionTable, given: unknown): ConfigurationError {
  const ttl = takes.has('ttl') && (typeof given === 'number' || typeof given === 'string')
  const advice = ttl ? `; a ttl is written { ttl: ${show(given)} }` : ''
  return new ConfigurationError(`${method}()`, `expected an object of options, got ${show(given)}${advice}`)
}

function unknownOption(method: string, takes: OptionTable, name: string): ConfigurationError {
  const known = [...takes.keys()]
  const meant = nearest(name, known)
  const advice = meant === undefined ? '' : `; did you mean ${meant}?`
  return new ConfigurationError(`${method}().${name}`, `unknown option${advice} (known: ${known.join(', ')})`)
}

/** Makes a table that has every option of `Options`: the compiler asks for each. */
export function optionTable<Options>(checks: Readonly<Record<keyof Options, Check>>): OptionTable {
  return new Map(Object.entries<Check>(checks))
}

/** @throws {TypeError} when a method that takes a function is given something else */
export function checkFunction(method: string, given: unknown): void {
  if (typeof given !== 'function') throw new TypeError(`${method} takes a function, got ${show(given)}.`)
}

export function isBoolean(value: unknown, path: string): void {
  if (typeof value !== 'boolean') throw new ConfigurationError(path, `expected true or false, got ${show(value)}`)
}

export function isText(value: unknown, path: string): void {
  if (typeof value !== 'string') throw new ConfigurationError(path, `expected a text, got ${show(value)}`)
}
