import type { TrackingMode } from '../../connection/tracking.js'
import { ConfigurationError } from '../../errors.js'
import {
  checkNames,
  show,
  toPositiveMilliseconds,
  toWholeNumber,
  type Duration,
  type Milliseconds,
} from '../../units.js'

/**
 * How values that are held in this process are handed to callers. `'freeze'`: plain objects and arrays are frozen, and
 * all callers get the same one · `'structured'`: each caller gets an object of its own, which it may change · `'none'`:
 * all callers get the same object, and none of them may change it.
 */
export type CloneMode = 'freeze' | 'structured' | 'none'

/** What a cache holds of its values in this process, and for how long. */
export interface NearOptions {
  /**
   * The most keys that are held, 10,000,000 at most; those that were not read for longest go first. Their places are
   * reserved at once. @default 10000
   */
  readonly maxEntries?: number
  /**
   * The most bytes that they take, by estimate: of keys, of values, and of what holding them takes. @default 67108864
   */
  readonly maxBytes?: number
  /**
   * The longest time that a value is held, in ms or as a literal. It is never longer than what is left of the value's
   * own ttl, or than `maxStaleness`. @default as long as those two allow
   */
  readonly ttl?: Duration
  /**
   * Which changes servers announce: `'broadcast'` of all keys with the cache's prefix, `'default'` of the keys that
   * were read, `'opt-in'` of those that were read to be held. @default 'broadcast' with a prefix and without a
   * `keyFunction`, else 'default'
   */
  readonly mode?: TrackingMode
  /** How values are handed out. @default 'freeze' */
  readonly clone?: CloneMode
  /**
   * The longest time that a value may be served whatever servers announce, in ms or as a literal: some changes are not
   * announced (SWAPDB, a server that wakes up). @default '1m'
   */
  readonly maxStaleness?: Duration
}

/** What {@link NearOptions} come to, complete. */
export interface NearLimits {
  readonly maxEntries: number
  /** In bytes. */
  readonly maxBytes: number
  /** In ms; the shorter of `ttl` and `maxStaleness`. */
  readonly longest: Milliseconds
  /** `undefined`: as the keys of the cache allow. */
  readonly mode: TrackingMode | undefined
  readonly clone: CloneMode
}

/** How much is held where nothing else is asked for. */
export const usualBounds: Pick<NearLimits, 'maxEntries' | 'maxBytes'> = {
  maxEntries: 10_000,
  maxBytes: 64 * 1024 * 1024,
}

/**
 * Makes the options complete; `undefined` where nothing is held.
 * @throws {ConfigurationError} E_CONFIG at `path` or below it
 */
export function resolveNear(near: boolean | NearOptions | undefined, path: string): NearLimits | undefined {
  if (near === undefined || near === false) return undefined
  const options = near === true ? {} : checkedNames(near, path)
  const {
    maxEntries = usualBounds.maxEntries,
    maxBytes = usualBounds.maxBytes,
    ttl,
    mode,
    clone = 'freeze',
    maxStaleness = 60_000,
  } = options
  if (mode !== undefined) oneOf(modes, mode, `${path}.mode`)
  const staleness = toPositiveMilliseconds(maxStaleness, `${path}.maxStaleness`)
  return {
    maxEntries: checkedEntries(toWholeNumber(maxEntries, 1, `${path}.maxEntries`), `${path}.maxEntries`),
    maxBytes: toWholeNumber(maxBytes, 1, `${path}.maxBytes`),
    longest: ttl === undefined ? staleness : Math.min(staleness, toPositiveMilliseconds(ttl, `${path}.ttl`)),
    mode,
    clone: checkedClone(clone, `${path}.clone`),
  }
}

/** @throws {ConfigurationError} E_CONFIG at `path` for what is none */
export function checkedClone(clone: unknown, path: string): CloneMode {
  oneOf(cloneModes, clone, path)
  return clone as CloneMode
}

function checkedEntries(maxEntries: number, path: string): number {
  if (maxEntries <= mostEntries) return maxEntries
  throw new ConfigurationError(
    path,
    `must be at most ${mostEntries}, for whose places memory is reserved at once, got ${maxEntries}; maxBytes bounds as well`,
  )
}

function checkedNames(near: unknown, path: string): NearOptions {
  if (near === null || typeof near !== 'object' || Array.isArray(near))
    throw new ConfigurationError(path, `expected true, false or an object of options, got ${show(near)}`)
  checkNames(near, Object.keys(known), path)
  return near
}

function oneOf(choices: readonly string[], value: unknown, path: string): void {
  if (choices.includes(value as string)) return
  throw new ConfigurationError(path, `expected ${choices.map(show).join(' or ')}, got ${show(value)}`)
}

const mostEntries = 10_000_000

/** The compiler sees to it that none is missing. */
const known: Readonly<Record<keyof NearOptions, true>> = {
  maxEntries: true,
  maxBytes: true,
  ttl: true,
  mode: true,
  clone: true,
  maxStaleness: true,
}
const modes: readonly string[] = ['broadcast', 'default', 'opt-in'] satisfies readonly TrackingMode[]
const cloneModes: readonly string[] = ['freeze', 'structured', 'none'] satisfies readonly CloneMode[]
