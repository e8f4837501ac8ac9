import type { Cache } from '../../cache/cache.js'
import type { GetOptions, SetOptions } from '../../cache/options.js'
import { formatNumber, parseNumber } from '../../codec/numbers.js'
import { KeyError } from '../../errors.js'
import { escapePattern } from '../../keys/key-maker.js'
import { show } from '../../units.js'

/** Options of an adapter's calls: an outage is an error, whatever the cache's `failSafe`. */
export const strict: { readonly failSafe: false } = Object.freeze({ failSafe: false })

/**
 * Options of a read of what another process may have just written, such as a session: the primary answers, and a
 * replica while the primary does not answer (`attemptTimeout`, 50 ms); `maxLag` of the cache says how far behind that
 * one may be.
 */
export const fresh: Readonly<Pick<GetOptions, 'failSafe' | 'readFrom'>> = Object.freeze({
  failSafe: false,
  readFrom: 'primaryPreferred',
})

/** Options of a read of values that is {@link fresh}: the near cache, which may be a moment behind, is not asked. */
export const freshValue: Readonly<Pick<GetOptions, 'failSafe' | 'readFrom' | 'near'>> = Object.freeze({
  ...fresh,
  near: false,
})

/**
 * Options of a write whose ttl the framework says: `jitter` does not shorten it, and no grace keeps what is over in
 * lists of keys.
 */
export function lasting(ttl: SetOptions['ttl']): SetOptions {
  return { ttl, jitter: 0, grace: 0, failSafe: false }
}

/**
 * A key of an adapter: a prefix, and the name that the framework gives.
 * @param kind what the name is, for the error
 * @throws {KeyError} E_KEY when the name is not a non-empty text
 */
export function keyWith(prefix: string, name: unknown, kind: string): string {
  if (typeof name === 'string' && name !== '') return prefix + name
  throw new KeyError(`A ${kind} must be a non-empty text, got ${show(name)}.`)
}

/** A glob for all keys that begin with a text. */
export function beginningWith(start: string): string {
  return `${escapePattern(start)}*`
}

/**
 * Deletes all keys that begin with a text. Without one that is the whole cache, which refuses where its keys cannot be
 * told from those of others.
 */
export async function clearBeginningWith(cache: Cache, start: string): Promise<void> {
  await (start === '' ? cache.clear(strict) : cache.deletePattern(beginningWith(start), strict))
}

/**
 * Text of a framework as a cache takes it: a cache without frames reads digits as a number, so a text that is one is
 * written as the number, with the same bytes. {@link textOf} reads it back.
 */
export function storable(text: unknown): unknown {
  if (typeof text !== 'string' || text.length > longestNumber) return text
  const number = parseNumber(text)
  const isExact = number !== undefined && Number.isFinite(Number(number)) && formatNumber(number) === text
  return isExact ? number : text
}

/** Characters of the longest text that is tried as a number: longer than any number that programs count with. */
const longestNumber = 30

/**
 * Text that a framework stored: bytes, where the cache's serializer is `raw`, are read as UTF-8, and a number, which a
 * cache recognizes without a frame, as its decimal text. What is no text is given as it is.
 */
export function textOf(stored: unknown): unknown {
  if (typeof stored === 'number' || typeof stored === 'bigint') return formatNumber(stored)
  return stored instanceof Uint8Array ? Buffer.from(stored.buffer, stored.byteOffset, stored.length).toString() : stored
}

/** Text that a framework stored, as {@link textOf} has it; null when there is none. */
export function textOrNull(stored: unknown): string | null {
  return (textOf(stored) as string | undefined) ?? null
}

/**
 * Reads many values in the order of their keys, as {@link textOf} has them; `undefined` for those that are not there.
 */
export async function valuesOf(cache: Cache, keys: readonly string[]): Promise<unknown[]> {
  const found = await cache.getMany(keys, strict)
  return keys.map((key) => textOf(found.get(key)))
}
