import { ConfigurationError } from '../../errors.js'
import type { Draft } from './draft.js'

/** Hears why a value has no counterpart here. */
export type WarnOf = (problem: string) => void

/**
 * Reads the value of a name.
 * @throws {ConfigurationError} E_CONFIG at `path` when the value cannot be used
 */
export type Read = (value: unknown, path: string, warn: WarnOf) => Draft

/** What becomes of a name, in words for the documentation and in deed. */
export interface Reader {
  readonly becomes: string
  readonly read: Read
}

/** Readers by name. */
export type Names = Readonly<Record<string, Reader>>

/** Its value counts, whatever it is. */
export function maps(becomes: string, read: Read): Reader {
  return { becomes, read }
}

/** Its value counts unless it is `None`, `False`, `0` or empty, which stand for the default. */
export function mapsWhenSet(becomes: string, read: Read): Reader {
  return { becomes, read: (value, path, warn) => (value ? read(value, path, warn) : {}) }
}

/** It is read together with others, in a file of its own. */
export function readElsewhere(becomes: string): Reader {
  return { becomes, read: () => ({}) }
}

/** The cache is as the settings ask for anyway. */
export function holdsAnyway(reason: string): Reader {
  return readElsewhere(`nothing: ${reason}`)
}

/** It has no counterpart, and the cache is right without it. */
export function warns(reason: string): Reader {
  return {
    becomes: `a warning: ${reason}`,
    read(value, _path, warn) {
      if (value) warn(reason)
      return {}
    },
  }
}

/** Without it the cache would not be what the settings ask for. */
export function refuses(reason: string): Reader {
  return {
    becomes: `an error: ${reason}`,
    read(value, path) {
      if (value) throw new ConfigurationError(path, reason)
      return {}
    },
  }
}

/** The same reader under several names, written with spaces between them. */
export function each(words: string, reader: Reader): Names {
  return Object.fromEntries(words.match(/\S+/g)?.map((name) => [name, reader]) ?? [])
}
