import { ConfigurationError } from '../errors.js'
import type { Key } from '../keys/key-maker.js'
import { show } from '../units.js'
import { defaultPolicy, withOptions } from './load-policy.js'
import { isTagsOrFunction, loadOptions } from './option-checks.js'
import { checkOptions, type OptionTable } from './option-table.js'
import type { GetOrSetOptions, Loader } from './options.js'

/** Any function at all. */
export type AnyFunction = (this: never, ...args: never[]) => unknown

/**
 * How what a function returns is kept. What belongs to one call only, such as a signal, is not among it: see `getOrSet`
 * for that.
 */
export type WrappedOptions = Omit<GetOrSetOptions, 'signal' | 'refresh'>

/** {@link WrappedOptions}, and where the results are kept. */
export interface WrapOptions<Fn extends AnyFunction> extends Omit<WrappedOptions, 'tags'> {
  /** Makes the key of a call from its arguments: whatever the result depends on belongs into it. */
  readonly key: (this: ThisParameterType<Fn>, ...args: Parameters<Fn>) => Key
  /** What the results are tagged with, in an array; or a function that makes it of the arguments. @default none */
  readonly tags?:
    readonly string[] | ((this: ThisParameterType<Fn>, ...args: Parameters<Fn>) => readonly string[]) | undefined
}

/** A function whose results are kept: it takes what the function takes, and gives a promise of what that returns. */
export type Wrapped<Fn extends AnyFunction> = (
  this: ThisParameterType<Fn>,
  ...args: Parameters<Fn>
) => Promise<Awaited<ReturnType<Fn>>>

/** A function as the wrapper sees it: what it takes and gives means nothing here. */
type Opaque = (this: unknown, ...args: unknown[]) => unknown

/** Where results are kept. */
interface Keeper {
  getOrSet(key: Key, loader: Loader<unknown>, options?: GetOrSetOptions): Promise<unknown>
}

/**
 * Makes a function that asks the cache first.
 * @throws {ConfigurationError} E_CONFIG for a key that is no function, and for an option that is none
 * @throws {TypeError} for what is no function and cannot be wrapped
 */
export function wrapped(keeper: Keeper, fn: Opaque, options: WrapOptions<Opaque>): Wrapped<Opaque> {
  checkWrapped(fn, wrapOptions, options)
  const { key, tags, ...keeping } = options
  isFunction(key, 'wrap().key')
  return async function (...args) {
    const named = typeof tags === 'function' ? tags.apply(this, args) : tags
    return keeper.getOrSet(key.apply(this, args), () => fn.apply(this, args), { ...keeping, tags: named })
  }
}

/**
 * Checks what `wrap` is given.
 * @throws {ConfigurationError} E_CONFIG for an option that is none
 * @throws {TypeError} for what is no function
 */
export function checkWrapped(fn: unknown, takes: OptionTable, options: Omit<WrappedOptions, 'tags'>): void {
  if (typeof fn !== 'function') throw new TypeError(`What is wrapped must be a function, got ${show(fn)}.`)
  checkOptions('wrap', takes, options)
  withOptions(defaultPolicy, options, (name) => `wrap().${name}`)
}

/** The options of `wrap` on a typed cache, which makes the key itself. */
export const wrappedOptions: OptionTable = without(loadOptions, ['signal', 'refresh'])

const wrapOptions: OptionTable = new Map([...wrappedOptions, ['key', isFunction], ['tags', isTagsOrFunction]])

function without(table: OptionTable, names: readonly (keyof GetOrSetOptions)[]): OptionTable {
  return new Map([...table].filter(([name]) => !(names as readonly string[]).includes(name)))
}

function isFunction(value: unknown, path: string): void {
  if (typeof value !== 'function')
    throw new ConfigurationError(path, `expected a function that makes a key of the arguments, got ${show(value)}`)
}
