import { ConfigurationError } from '../../errors.js'
import { show } from '../../units.js'
import type { TlsDraft } from './draft.js'
import type { Meaning, Read } from './reader.js'
import { credential, flag, positiveSeconds, seconds, text, wholeNumber } from './values.js'

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
  throw new ConfigurationError(path, 'writing to other servers comes with a later version; leave it out or True')
}

/** Accepts the default function's own path only. */
export function onlyDefault(defaultPath: string): Read {
  return (value, path) => {
    if (value === defaultPath) return {}
    throw new ConfigurationError(path, 'own functions come with a later version')
  }
}

/** `None` is as good as absent; `False` and `0` are not. */
export function unlessNone(read: Read): Read {
  return (value, path) => (value === null ? {} : read(value, path))
}
