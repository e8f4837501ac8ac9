import { ConfigurationError } from '../../errors.js'
import { show } from '../../units.js'
import type { Draft, TlsDraft } from './draft.js'
import type { Read, WarnOf } from './reader.js'
import { positiveSeconds, pythonInt, pythonText, seconds, truth, wholeNumber } from './values.js'

/** Makes one option of a value, as a function of `values.ts` reads it. */
export function option<Name extends keyof Draft>(
  name: Name,
  read: (value: unknown, path: string) => NonNullable<Draft[Name]>,
): Read {
  return (value, path) => ({ [name]: read(value, path) })
}

/**
 * `None` is for ever; 0 and less keep nothing. What is no number is what Python's `int()` makes of it, and 300 seconds
 * where that fails.
 * Source: django_valkey BaseValkeyCache.get_timeout
 */
export function timeToLive(value: unknown, path: string, warn: WarnOf): Draft {
  if (value === null) return { ttl: null }
  if (typeof value === 'number' && !Number.isNaN(value)) return { ttl: seconds(value, path) }
  const whole = pythonInt(value)
  if (whole !== undefined) return { ttl: seconds(whole, path) }
  warn('is no whole number; Django takes 300 seconds then, and so does this cache')
  return { ttl: 300_000 }
}

/** Source: django_valkey make_key, which formats whatever is there */
export function prefix(value: unknown, path: string, warn: WarnOf): Draft {
  if (value === null) warn("'None' stands before every key, as in Python")
  return { prefix: pythonText(value, path) }
}

/** `None` lets valkey-py wait for ever. */
export function timeoutOrNone(value: unknown, path: string, warn: WarnOf): Draft {
  if (value !== null) return { attemptTimeout: positiveSeconds(value, path) }
  warn('there is always a deadline; the default stays')
  return {}
}

/** One multiplexed connection for each node is never more than the bound; 0 is no bound. */
export function upperBound(value: unknown, path: string): Draft {
  wholeNumber(value, path)
  return {}
}

export function protocol(value: unknown, path: string, warn: WarnOf): Draft {
  if (String(value) === '2') warn('RESP3 is spoken where the server has it, and its replies mean the same')
  else if (String(value) !== '3') throw new ConfigurationError(path, `expected 3, got ${show(value)}`)
  return {}
}

/** Makes a draft of what Python takes a value for in a condition, where the text `'False'` is true. */
export function flag(draftOf: (on: boolean, path: string) => Draft): Read {
  return (value, path, warn) => {
    if (typeof value === 'string' && /^(0|f|false|n|no|none|off)$/i.test(value))
      warn(`${show(value)} is a text, which is true in Python and here`)
    return draftOf(truth(value, path), path)
  }
}

/** ValkeyCluster reads a shard's nodes in turn, the primary among them. */
export const readFromReplicas: Read = flag((on) => (on ? { readFrom: 'any' } : {}))

/** Makes a draft of what an `ssl_…` name says. */
export function tls(read: (value: unknown, path: string) => TlsDraft): Read {
  return (value, path) => ({ tls: read(value, path) })
}

export function replicaReadOnly(value: unknown, path: string, warn: WarnOf): Draft {
  if (!truth(value, path)) warn('writes go to the primary, and are tried again until their deadline')
  return {}
}

/** 0 is no time at all, in Python too. */
export function herdTimeout(value: unknown, path: string): Draft {
  return { herdTimeout: value === 0 ? 0 : positiveSeconds(value, path) }
}

/** Python compares it with a length; no serialized value is empty, so less than 0 is as good as 0. */
export function compressMinLength(value: unknown, path: string): Draft {
  const length = typeof value === 'number' ? Math.max(0, Math.floor(value)) : value
  return { compressMinLength: wholeNumber(length, path) }
}

/** A negative level is a compressor's own default, or a faster one of zstd. */
export function compressLevel(value: unknown, path: string, warn: WarnOf): Draft {
  if (!Number.isSafeInteger(value) || Number(value) >= 0) return { compressLevel: wholeNumber(value, path) }
  warn("the compressor's own level is used")
  return {}
}

/** Python reads with the window that it writes with, so no other can be exchanged. */
export function zlibWindow(value: unknown, path: string, warn: WarnOf): Draft {
  oneOf([15, 31])(value, path, warn)
  return { zlibWritesGzip: value === 31 }
}

/** Every protocol is read; a negative number is the highest of the Python that writes, which is 5 since 3.8. */
export function pickleVersion(value: unknown, path: string, warn: WarnOf): Draft {
  const version = pythonInt(value)
  if (version === undefined) throw new ConfigurationError(path, `expected a whole number, got ${show(value)}`)
  if (version > 5) throw new ConfigurationError(path, `Python knows the protocols 0 to 5, got ${version}`)
  if (version === 5 || version < 0) return { pickleProtocol: 5 }
  if (version !== 4)
    warn(
      `protocol 4 is written here, which every Python reads; members of sets that Python wrote with ${version} are not found`,
    )
  return { pickleProtocol: 4 }
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
  return (value, path, warn) => (value === null ? {} : read(value, path, warn))
}
