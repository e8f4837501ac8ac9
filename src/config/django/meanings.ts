import { ConfigurationError } from '../../errors.js'
import { show } from '../../units.js'
import type { Draft, TlsDraft } from './draft.js'
import type { Meaning, Read } from './reader.js'
import {
  credential,
  numberOrDigits,
  positiveSeconds,
  pythonInt,
  pythonText,
  seconds,
  truth,
  wholeNumber,
} from './values.js'

/**
 * `None` is for ever; 0 and less keep nothing. What is no number is what Python's `int()` makes of it, and 300 seconds
 * where that fails.
 * Source: django_valkey BaseValkeyCache.get_timeout
 */
export function timeToLive(value: unknown, path: string): Meaning {
  if (value === null) return { draft: { ttl: null } }
  if (typeof value === 'number' && !Number.isNaN(value)) return { draft: { ttl: seconds(value, path) } }
  const whole = pythonInt(value)
  if (whole !== undefined) return { draft: { ttl: seconds(whole, path) } }
  return {
    draft: { ttl: 300_000 },
    warning: 'is no whole number; Django takes 300 seconds then, and so does this cache',
  }
}

/** Source: django_valkey make_key, which formats whatever is there */
export function prefix(value: unknown, path: string): Meaning {
  const draft = { prefix: pythonText(value, path) }
  return value === null ? { draft, warning: "'None' stands before every key, as in Python" } : { draft }
}

export function version(value: unknown, path: string): Meaning {
  return { draft: { version: numberOrDigits(value, path) } }
}

export function username(value: unknown, path: string): Meaning {
  return { draft: { username: credential(value, path) } }
}

export function password(value: unknown, path: string): Meaning {
  return { draft: { password: credential(value, path) } }
}

export function database(value: unknown, path: string): Meaning {
  return { draft: { database: numberOrDigits(value, path) } }
}

export function clientName(value: unknown, path: string): Meaning {
  return { draft: { clientName: pythonText(value, path) } }
}

export function timeout(value: unknown, path: string): Meaning {
  return { draft: { timeout: positiveSeconds(value, path) } }
}

/** `None` lets valkey-py wait for ever. */
export function timeoutOrNone(value: unknown, path: string): Meaning {
  return value === null ? { warning: 'there is always a deadline; the default stays' } : timeout(value, path)
}

export function connectTimeout(value: unknown, path: string): Meaning {
  return { draft: { connectTimeout: positiveSeconds(value, path) } }
}

/** One multiplexed connection for each node is never more than the bound; 0 is no bound. */
export function upperBound(value: unknown, path: string): Meaning {
  wholeNumber(value, path)
  return {}
}

export function protocol(value: unknown, path: string): Meaning {
  if (value === 3 || value === '3') return {}
  if (value === 2 || value === '2') return { warning: 'RESP3 is spoken, whose replies mean the same' }
  throw new ConfigurationError(path, `expected 3, got ${show(value)}`)
}

export const ssl: Read = flag((on) => ({ ssl: on }))

/** Makes a meaning of a value by what Python takes it for in a condition, where the text `'False'` is true. */
function flag(draftOf: (on: boolean, path: string) => Draft): Read {
  return (value, path) => {
    const draft = draftOf(truth(value, path), path)
    const misleading = typeof value === 'string' && /^(0|f|false|n|no|none|off)$/i.test(value)
    return misleading ? { draft, warning: `${show(value)} is a text, which is true in Python and here` } : { draft }
  }
}

/** Makes a meaning of what an `ssl_…` name says. */
export function tls(read: (value: unknown, path: string) => TlsDraft): Read {
  return (value, path) => ({ draft: { tls: read(value, path) } })
}

export function replicaReadOnly(value: unknown, path: string): Meaning {
  if (truth(value, path)) return {}
  return { warning: 'writes go to the primary, and are tried again until their deadline' }
}

export const failSafe: Read = flag((on) => ({ failSafe: on }))

export const logIgnored: Read = flag((on, path) => ({ quiet: on ? undefined : path }))

/** Python compares it with a length; no serialized value is empty, so less than 0 is as good as 0. */
export function compressMinLength(value: unknown, path: string): Meaning {
  const length = typeof value === 'number' ? Math.max(0, Math.floor(value)) : value
  return { draft: { compressMinLength: wholeNumber(length, path) } }
}

/** A negative level is a compressor's own default, or a faster one of zstd. */
export function compressLevel(value: unknown, path: string): Meaning {
  if (Number.isSafeInteger(value) && Number(value) < 0) return { warning: "the compressor's own level is used" }
  return { draft: { compressLevel: wholeNumber(value, path) } }
}

/** Python reads with the window that it writes with, so no other can be exchanged. */
export function zlibWindow(value: unknown, path: string): Meaning {
  oneOf([15, 31])(value, path)
  return { draft: { zlibWritesGzip: value === 31 } }
}

/** Every protocol is read; a negative number is the highest of the Python that writes, which is 5 since 3.8. */
export function pickleVersion(value: unknown, path: string): Meaning {
  const version = pythonInt(value)
  if (version === undefined) throw new ConfigurationError(path, `expected a whole number, got ${show(value)}`)
  if (version > 5) throw new ConfigurationError(path, `Python knows the protocols 0 to 5, got ${version}`)
  if (version === 5 || version < 0) return { draft: { pickleProtocol: 5 } }
  const draft = { pickleProtocol: 4 } as const
  if (version === 4) return { draft }
  return {
    draft,
    warning: `protocol 4 is written here, which every Python reads; members of sets that Python wrote with ${version} are not found`,
  }
}

/** Accepts these values only. */
export function oneOf(values: readonly number[]): Read {
  return (value, path) => {
    if (values.includes(value as number)) return {}
    throw new ConfigurationError(path, `expected ${values.join(' or ')}, got ${show(value)}`)
  }
}

/** `None` is as good as absent; `False` and `0` are not. */
export function unlessNone(read: Read): Read {
  return (value, path) => (value === null ? {} : read(value, path))
}
