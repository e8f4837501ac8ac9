import { KeyError } from '../errors.js'
import { show } from '../units.js'
import { slotOf, tagOf } from './slot.js'

/** A key as users write it; a number is its decimal text. */
export type Key = string | number

/** Turns users' keys into the servers' and back, as django-valkey does: `prefix:version:key`. */
export class KeyMaker {
  readonly #prefix: string
  readonly #version: number

  constructor(prefix: string, version: number) {
    this.#prefix = prefix
    this.#version = version
  }

  /** @throws {KeyError} E_KEY when it is not a non-empty string or a finite number */
  make(key: Key, version: number = this.#version): string {
    if ((typeof key === 'string' && key !== '') || Number.isFinite(key))
      return `${this.#prefix}:${checkVersion(version)}:${key}`
    throw new KeyError(`A key must be a non-empty string or a finite number, got ${show(key)}.`)
  }

  /**
   * The name of a key of our own that stands beside a user's key, in the same slot of a cluster.
   * Shape: `prefix:@version:kind:{tag}:key`; no pattern of users' keys matches it. (In a prefix with an open brace the
   * tag is not seen, so there a cluster refuses scripts on both.)
   */
  beside(kind: string, key: Key, version: number = this.#version): string {
    return `${this.#prefix}:@${version}:${kind}:{${tagOf(slotOf(this.make(key, version)))}}:${key}`
  }

  /** A glob for the server: prefix and version are taken literally, the rest is the caller's pattern. */
  pattern(pattern: string, version: number = this.#version): string {
    return `${escapePattern(this.#prefix)}:${checkVersion(version)}:${pattern}`
  }
}

/**
 * A text as a glob that matches it alone.
 * Source: django-valkey make_pattern, which writes brackets too, but leaves a backslash to hide what follows it
 */
export function escapePattern(text: string): string {
  return text.replaceAll('\\', '\\\\').replace(/[*?[]/g, '[$&]')
}

function checkVersion(version: number): number {
  if (Number.isSafeInteger(version) && version >= 0) return version
  throw new KeyError(`A version must be a whole number from 0 on, got ${show(version)}.`)
}
