import { ConfigurationError, KeyError, UnsupportedError } from '../errors.js'
import { show } from '../units.js'
import { slotOf, tagOf } from './slot.js'

/** A key as users write it; a number is its decimal text. */
export type Key = string | number

/**
 * Makes the server's key of a user's. For patterns it gets the pattern as the key and an escaped prefix, so it must put
 * the parts together and leave them as they are.
 */
export type KeyFunction = (key: string, prefix: string, version: number) => string

/** Gives the user's key back: the other way of a {@link KeyFunction}. */
export type ReverseKeyFunction = (made: string, prefix: string, version: number) => string

/** How keys are made in another way than `prefix:version:key`. */
export interface KeyFunctions {
  readonly keyFunction?: KeyFunction | undefined
  readonly reverseKeyFunction?: ReverseKeyFunction | undefined
}

/** Turns users' keys into the servers' and back, as django-valkey does: `prefix:version:key`. */
export class KeyMaker {
  /** Where none is asked for. */
  readonly version: number
  readonly #prefix: string
  /** What all helper keys begin with. */
  readonly #helpers: string
  readonly #own: KeyFunction | undefined
  readonly #reverse: ReverseKeyFunction | undefined
  #start: { readonly version: number; readonly text: string } = { version: NaN, text: '' }

  constructor(prefix: string, version: number, { keyFunction, reverseKeyFunction }: KeyFunctions = {}) {
    this.#prefix = prefix
    this.#helpers = `${prefix}:@`
    this.version = version
    this.#own = keyFunction
    this.#reverse = reverseKeyFunction
  }

  /** @throws {KeyError} E_KEY when it is not a non-empty string or a finite number, or has half a surrogate pair */
  make(key: Key, version: number = this.version): string {
    checkKey(key)
    if (this.#own !== undefined) return this.#join(String(key), this.#prefix, version)
    return checkWellFormed(this.#startOf(version) + key)
  }

  /** Makes many keys; what is the same for all of them is looked at once. */
  makeMany(keys: readonly Key[], version: number = this.version): readonly string[] {
    if (this.#own !== undefined) return keys.map((key) => this.make(key, version))
    const start = this.#startOf(version)
    return keys.map((key) => checkWellFormed(start + checkKey(key)))
  }

  /** What the keys of the own version begin with; `undefined` where a function makes them. */
  get start(): string | undefined {
    return this.#own === undefined ? this.#startOf(this.version) : undefined
  }

  /** What all keys of a version begin with; hot path: the last one is kept, for most are of one version. */
  #startOf(version: number): string {
    if (this.#start.version !== version) this.#start = { version, text: `${this.#prefix}:${checkVersion(version)}:` }
    return this.#start.text
  }

  /**
   * The name of a key of our own that stands beside a user's key, in the same slot of a cluster.
   * Shape: `prefix:@version:kind:{tag}:key`; no pattern of users' keys matches it. (In a prefix with an open brace the
   * tag is not seen, so there a cluster refuses scripts on both.)
   */
  beside(kind: string, key: Key, version: number = this.version): string {
    return `${this.#prefix}:@${version}:${kind}:{${tagOf(slotOf(this.make(key, version)))}}:${key}`
  }

  /**
   * The same name, of a key as the server knows it; `undefined` for what is no key of users. Keys of a `keyFunction` do not
   * tell their version: their names have version 0, and end with the whole key.
   */
  besideMade(kind: string, made: string): string | undefined {
    const [start, tag] = [`${this.#prefix}:`, tagOf(slotOf(made))]
    if (made.startsWith(`${start}@`)) return undefined
    if (this.#own !== undefined) return `${start}@0:${kind}:{${tag}}:${made}`
    const end = made.indexOf(':', start.length)
    const version = made.slice(start.length, end)
    if (!made.startsWith(start) || !/^\d+$/.test(version)) return undefined
    return `${start}@${version}:${kind}:{${tag}}:${made.slice(end + 1)}`
  }

  /**
   * The key by which a key is placed among servers that have no slots: of a helper key the one that it stands beside, so
   * that both have one server; of any other key itself. A helper key is known by its tag, which lies in the slot of that key.
   */
  homeOf(made: string): string {
    if (!made.startsWith(this.#helpers)) return made
    const [, version = '', tag, name = ''] = helperShape.exec(made.slice(this.#helpers.length)) ?? []
    if (tag === undefined) return made
    const isHome = (home: string): boolean => tagOf(slotOf(home)) === tag
    // Beside keys of a function, besideMade writes the made key and version 0, and beside the user's key.
    if (this.#own !== undefined && version === '0' && isHome(name)) return name
    const home = this.#own === undefined ? `${this.#prefix}:${version}:${name}` : this.#madeOf(name, Number(version))
    return home !== undefined && isHome(home) ? home : made
  }

  /** `undefined` where the function of the user takes no such key: what is placed need not be one of ours. */
  #madeOf(name: string, version: number): string | undefined {
    try {
      return this.make(name, version)
    } catch {
      return undefined
    }
  }

  /** A glob that matches the names that {@link besideMade} gives to the keys that a pattern matches. */
  besidePattern(kind: string, pattern: string, version: number = this.version): string {
    const start = escapePattern(`${this.#prefix}:`)
    const made = this.pattern(pattern, version)
    return this.#own === undefined ? `${start}@${version}:${kind}:{*}:${pattern}` : `${start}@0:${kind}:{*}:${made}`
  }

  /** A glob for the server: prefix and version are taken literally, the rest is the caller's pattern. */
  pattern(pattern: string, version: number = this.version): string {
    if (typeof pattern !== 'string' || pattern === '')
      throw new KeyError(`A pattern must be a non-empty string, got ${show(pattern)}.`)
    checkLength(pattern)
    return this.#join(pattern, escapePattern(this.#prefix), version)
  }

  #join(key: string, prefix: string, version: number): string {
    const own = this.#own
    const checked = checkVersion(version)
    return checkWellFormed(own === undefined ? `${prefix}:${checked}:${key}` : checkMade(own(key, prefix, checked)))
  }

  /**
   * A glob that matches every key of this version, for deleting them.
   * @throws {UnsupportedError} E_UNSUPPORTED when a `keyFunction` leaves the prefix out, or begins with the key: the glob
   * would match keys of others
   */
  ownPattern(version: number = this.version): string {
    const pattern = this.pattern('*', version)
    const prefix = escapePattern(this.#prefix)
    if (this.#own === undefined || (prefix !== '' ? pattern.includes(prefix) : !startsWild.test(pattern)))
      return pattern
    throw new UnsupportedError(
      `keyFunction makes keys that cannot be told from those of others: all of this cache match '${pattern}'. ` +
        'Put a prefix into its keys, or delete with deletePattern.',
    )
  }

  /** A glob for the helper keys that lie beside the values: `prefix:@version:…`. No user's pattern finds them. */
  helperPattern(version: number = this.version): string {
    return `${escapePattern(this.#prefix)}:@${checkVersion(version)}:*`
  }

  /**
   * Whether a key is one of those that say what is known of tags: `prefix:@version:tag…`. They must outlive the values, for
   * what is being loaded meanwhile is judged by them.
   */
  isOfTags(made: string, version: number = this.version): boolean {
    return made.startsWith(`${this.#prefix}:@${checkVersion(version)}:tag`)
  }

  /**
   * The user's key of one that was made with this version.
   * @throws {ConfigurationError} E_CONFIG when keys are made by a function that has no way back
   * @throws {KeyError} E_KEY when the way back gives no text
   */
  reverse(made: string, version: number = this.version): string {
    return this.reverseMany([made], version)[0] as string
  }

  /** As {@link reverse}, of many keys; what is the same for all of them is looked at once. */
  reverseMany(made: readonly string[], version: number = this.version): readonly string[] {
    this.checkReversible()
    const reverse = this.#reverse
    if (reverse !== undefined) return made.map((key) => checkReversed(reverse(key, this.#prefix, version)))
    const { length } = `${this.#prefix}:${version}:`
    return made.map((key) => key.slice(length))
  }

  /** @throws {ConfigurationError} E_CONFIG when keys are made by a function that has no way back */
  checkReversible(): void {
    if (this.#own !== undefined && this.#reverse === undefined)
      throw new ConfigurationError('reverseKeyFunction', 'keys are made by keyFunction; give its way back to list them')
  }
}

/**
 * A text as a glob that matches it alone.
 * Source: django-valkey make_pattern, which writes brackets too, but leaves a backslash to hide what follows it
 */
export function escapePattern(text: string): string {
  return text.replaceAll('\\', '\\\\').replace(/[*?[]/g, '[$&]')
}

/** @throws {KeyError} E_KEY for what is neither a non-empty string nor a finite number */
export function checkKey(key: Key): Key {
  if (!((typeof key === 'string' && key !== '') || Number.isFinite(key)))
    throw new KeyError(`A key must be a non-empty string or a finite number, got ${show(key)}.`)
  checkLength(key)
  return key
}

function checkLength(key: Key): void {
  if (typeof key === 'string' && key.length > longestKey)
    throw new KeyError(`A key of ${key.length} characters: servers take 512 MiB at most, prefix and version included.`)
}

function checkVersion(version: number): number {
  if (Number.isSafeInteger(version) && version >= 0) return version
  throw new KeyError(`A version must be a whole number from 0 on, got ${show(version)}.`)
}

function checkWellFormed(made: string): string {
  if (made.isWellFormed()) return made
  throw new KeyError('Half a surrogate pair in a key or its prefix: the server would take two such keys for one.')
}

function checkMade(made: unknown): string {
  if (typeof made === 'string' && made !== '') return made
  throw new KeyError(`keyFunction must give a non-empty string, got ${show(made)}.`)
}

function checkReversed(key: unknown): string {
  if (typeof key === 'string') return key
  throw new KeyError(`reverseKeyFunction must give a string, got ${show(key)}.`)
}

/** What follows in a helper key: its version, kind, tag and name. */
const helperShape = /^(\d+):[a-z]+:\{([0-9a-z]+)\}:(.+)$/s

/** A glob that begins with a wildcard matches keys of every beginning. */
const startsWild = /^[*?[]/

/** What leaves room for prefix and version in the longest string there can be. */
const longestKey = 2 ** 29 - 2 ** 16
