import { ConfigurationError, KeyError, UnsupportedError } from '../errors.js'
import { show } from '../units.js'

/**
 * What was given as many.
 * @throws {TypeError} a text, whose characters nobody means, or what is no iterable at all
 */
export function listOf<Item>(many: Iterable<Item>, what: string): readonly Item[] {
  if (Array.isArray(many)) return many.slice() as Item[]
  if (isIterable<Item>(many)) return [...many]
  throw new TypeError(`Expected an array or another iterable of ${what}, got ${show(many)}; put a single one in [ ].`)
}

/**
 * Pairs given as a Map, another iterable of pairs, or an object.
 * @throws {TypeError} what is none of these
 */
export function pairsOf<Left, Right>(
  entries: Iterable<readonly [Left, Right]> | Readonly<Record<string, Right>>,
  what: string,
): readonly (readonly [Left | string, Right])[] {
  if (entries === null || typeof entries !== 'object')
    throw new TypeError(`Expected ${what}, as a Map, an object or an array of pairs, got ${show(entries)}.`)
  const pairs = isIterable<readonly [Left, Right]>(entries) ? [...entries] : Object.entries(entries)
  for (const pair of pairs)
    if (!Array.isArray(pair) || pair.length !== 2)
      throw new TypeError(`Expected ${what}, as pairs, and one of them is ${show(pair)}.`)
  return pairs
}

/** @throws {UnsupportedError} E_UNSUPPORTED what cannot be added, or what a number no longer tells exactly */
export function checkDelta(delta: number | bigint): void {
  if (typeof delta === 'bigint' || Number.isSafeInteger(delta)) return
  if (typeof delta === 'number' && Number.isFinite(delta) && !Number.isInteger(delta)) return
  throw new UnsupportedError(
    `An increment by ${show(delta)}: only numbers can be added; whole ones past 2^53 as bigint.`,
  )
}

/** The name of a value in a hash; a number is its decimal text. */
export type Field = string | number

/** @throws {KeyError} E_KEY what is neither a text nor a finite number, and a text with half a surrogate pair */
export function fieldOf(field: Field): string {
  if (typeof field === 'string') return checkWellFormed(field)
  if (Number.isFinite(field)) return String(field)
  throw new KeyError(`A field must be a string or a finite number, got ${show(field)}.`)
}

function checkWellFormed(field: string): string {
  if (field.isWellFormed()) return field
  throw new KeyError('Half a surrogate pair in a field: the server would take two such fields for one.')
}

/** @throws {ConfigurationError} E_CONFIG when options exclude each other */
export function exclusive<Name extends string>(
  options: { readonly [Option in Name]?: boolean | undefined },
  ...names: readonly Name[]
): Name | undefined {
  const [one, other] = names.filter((name) => options[name])
  if (other === undefined) return one
  throw new ConfigurationError(String(other), `${one} and ${other} exclude each other; pass one of them`)
}

/** Tells whether there is nothing in it, and nothing on its way. */
export function isNone(values: readonly unknown[] | Promise<readonly unknown[]>): boolean {
  return Array.isArray(values) && values.length === 0
}

/** Whether it is many; a text is one. */
export function isIterable<Item>(value: unknown): value is Iterable<Item> {
  return value !== null && typeof value === 'object' && Symbol.iterator in value
}
