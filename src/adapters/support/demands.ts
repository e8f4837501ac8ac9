import type { GetOptions, SetOptions } from '../../cache/options.js'
import { KeyError } from '../../errors.js'
import { show } from '../../units.js'

/** A call of an adapter: an outage is an error there, whatever the cache's `failSafe`. */
export const strict: { readonly failSafe: false } = Object.freeze({ failSafe: false })

/**
 * A read of what another process may have just written, such as a session: the primary answers it, and a replica while
 * there is no primary.
 */
export const fresh: Readonly<Pick<GetOptions, 'failSafe' | 'readFrom'>> = Object.freeze({
  failSafe: false,
  readFrom: 'primaryPreferred',
})

/**
 * A write whose ttl the framework says: `jitter` does not shorten it, and no grace keeps what is over in lists of keys.
 */
export function keptFor(ttl: SetOptions['ttl']): SetOptions {
  return { ttl, jitter: 0, grace: 0, failSafe: false }
}

/**
 * A key of an adapter: a prefix, and what the framework names.
 * @param kind what the name is, for the error
 * @throws {KeyError} E_KEY when the name is not a non-empty text
 */
export function keyWith(prefix: string, name: unknown, kind: string): string {
  if (typeof name === 'string' && name !== '') return prefix + name
  throw new KeyError(`A ${kind} must be a non-empty text, got ${show(name)}.`)
}

/**
 * Text that a framework stored: bytes, where the cache's serializer is `raw`, are read as UTF-8, and a number, which a
 * cache recognizes without a frame, as its decimal text. What is no text is given as it is.
 */
export function textOf(stored: unknown): unknown {
  if (typeof stored === 'number' || typeof stored === 'bigint') return String(stored)
  return stored instanceof Uint8Array ? Buffer.from(stored.buffer, stored.byteOffset, stored.length).toString() : stored
}
