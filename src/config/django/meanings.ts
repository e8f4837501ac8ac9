import { ConfigurationError } from '../../errors.js'
import { show } from '../../units.js'
import type { TlsDraft } from './draft.js'
import type { Meaning, Read } from './reader.js'
import { credential, flag, positiveSeconds, pythonInt, seconds, text, wholeNumber } from './values.js'

/** `None` is for ever; 0 and less keep nothing. */
export function timeToLive(value: unknown, path: string): Meaning {
  return { draft: { ttl: value === null ? null : seconds(value, path) } }
}

export function prefix(value: unknown, path: string): Meaning {
  return { draft: { prefix: text(value, path) } }
}

export function version(value: unknown, path: string): Meaning {
  return { draft: { version: wholeNumber(value, path) } }
}

export function username(value: unknown, path: string): Meaning {
  return { draft: { username: credential(value, path) } }
}

export function password(value: unknown, path: string): Meaning {
  return { draft: { password: credential(value, path) } }
}

export function database(value: unknown, path: string): Meaning {
  return { draft: { database: wholeNumber(value, path) } }
}

export function clientName(value: unknown, path: string): Meaning {
  return { draft: { clientName: text(value, path) } }
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
  if (value === 2 || value === '2') throw new ConfigurationError(path, 'RESP2 comes with a later version; 3 is spoken')
  throw new ConfigurationError(path, `expected 3, got ${show(value)}`)
}

export function ssl(value: unknown, path: string): Meaning {
  return { draft: { ssl: flag(value, path) } }
}

/** Makes a meaning of what an `ssl_…` name says. */
export function tls(read: (value: unknown, path: string) => TlsDraft): Read {
  return (value, path) => ({ draft: { tls: read(value, path) } })
}

export function replicaReadOnly(value: unknown, path: string): Meaning {
  if (flag(value, path)) return {}
  return { warning: 'writes go to the primary, and are tried again until their deadline' }
}

export function failSafe(value: unknown, path: string): Meaning {
  return { draft: { failSafe: flag(value, path) } }
}

export function logIgnored(value: unknown, path: string): Meaning {
  return { draft: { quiet: flag(value, path) ? undefined : path } }
}

export function compressMinLength(value: unknown, path: string): Meaning {
  return { draft: { compressMinLength: wholeNumber(value, path) } }
}

export function compressLevel(value: unknown, path: string): Meaning {
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
