import { ConfigurationError } from '../errors.js'
import { show, toPositiveMilliseconds, toUnsignedMilliseconds, type Duration, type Milliseconds } from '../units.js'

/** When values are loaded, by whom, and how long they may be served past their ttl. For a cache, and for one call. */
export interface LoadOptions {
  /**
   * How long after its ttl a value may still be served: to `getOrSet` while it is loaded anew or cannot be, and to
   * `get` with `stale: true`. In ms or as a literal. @default 0
   */
  readonly grace?: Duration | undefined
  /**
   * The least time between two loads of a key while they fail and a stale value is served, in ms or as a literal. It
   * doubles with each failure, up to 30 s or to this when this is longer. @default '1s'
   */
  readonly graceBackoff?: Duration | undefined
  /**
   * The share of the ttl, between 0 and 1, after which a hit starts a load in the background; or `'early'`: at random,
   * more probably the nearer the end of the ttl is and the longer the loader takes. @default off
   */
  readonly refreshAt?: number | 'early' | undefined
  /**
   * How long a caller waits for a loader while there is a stale value, which is served then; the loader goes on. In ms
   * or as a literal. @default a stale value is served at once
   */
  readonly loaderTimeout?: Duration | undefined
  /**
   * After this time the loader is given up, or the wait for that of another process, in ms or as a literal: its signal
   * aborts; callers get the stale value where there is one, else `CommandTimeoutError`. @default never
   */
  readonly loaderDeadline?: Duration | undefined
  /** The share of the ttl, from 0 to 1, by which it is shortened at random, so that values do not expire together. @default 0 */
  readonly jitter?: number | undefined
  /**
   * How long it is remembered that a loader found nothing, which it says with `undefined`, in ms or as a literal.
   * @default off: the next call loads again
   */
  readonly negativeTtl?: Duration | undefined
  /**
   * What becomes of a loader whose last caller left: it goes on and its value is kept, or its signal aborts. A load that
   * runs in the background goes on. @default 'finish'
   */
  readonly onAbandon?: 'finish' | 'abort' | undefined
  /**
   * Among whom one loader at a time runs for a key: the callers of this process, or of all processes. `'fleet'` is for a
   * cache; a call may choose it only where the cache has it. @default 'process'
   */
  readonly singleFlight?: 'process' | 'fleet' | undefined
  /**
   * How long a process that loads for the fleet may be silent until another one loads, in ms or as a literal; it is
   * renewed each third. @default '2s'
   */
  readonly fleetLease?: Duration | undefined
}

/** {@link LoadOptions}, complete and checked; lengths of time in ms. */
export interface LoadPolicy {
  readonly grace: Milliseconds
  readonly graceBackoff: Milliseconds
  readonly refreshAt: number | 'early' | undefined
  readonly loaderTimeout: Milliseconds | undefined
  readonly loaderDeadline: Milliseconds | undefined
  readonly jitter: number
  readonly negativeTtl: Milliseconds | undefined
  readonly onAbandon: 'finish' | 'abort'
  readonly singleFlight: 'process' | 'fleet'
  readonly fleetLease: Milliseconds
  /** In a herd cache, how long a value is kept after its ttl; `undefined` in any other. No call changes it. */
  readonly herdTimeout: Milliseconds | undefined
}

/** What a cache does where nothing is asked for. */
export const defaultPolicy: LoadPolicy = Object.freeze({
  grace: 0,
  graceBackoff: 1_000,
  refreshAt: undefined,
  loaderTimeout: undefined,
  loaderDeadline: undefined,
  jitter: 0,
  negativeTtl: undefined,
  onAbandon: 'finish',
  singleFlight: 'process',
  fleetLease: 2_000,
  herdTimeout: undefined,
})

/** The options that need a frame around the values: what is without one has no freshness. */
export const framedOptions: readonly ('grace' | 'refreshAt' | 'negativeTtl')[] = ['grace', 'refreshAt', 'negativeTtl']

/** Whether what is written under this policy carries how long it is fresh. */
export function hasFreshness({ grace, refreshAt, negativeTtl, herdTimeout }: LoadPolicy): boolean {
  if (grace > 0 || herdTimeout !== undefined) return true
  return refreshAt !== undefined || negativeTtl !== undefined
}

/** How each option is read. @throws {ConfigurationError} E_CONFIG at `path` */
const loadOptionReaders: {
  readonly [Name in keyof LoadOptions]-?: (value: NonNullable<LoadOptions[Name]>, path: string) => LoadPolicy[Name]
} = {
  grace: toUnsignedMilliseconds,
  graceBackoff: toPositiveMilliseconds,
  refreshAt: (value, path) => (value === 'early' ? value : toShare(value, path, "'early' or a share of the ttl")),
  loaderTimeout: toPositiveMilliseconds,
  loaderDeadline: toPositiveMilliseconds,
  jitter: (value, path) => toShare(value, path, 'a share of the ttl'),
  negativeTtl: toPositiveMilliseconds,
  onAbandon: (value, path) => toOneOf(value, ['finish', 'abort'], path),
  singleFlight: (value, path) => toOneOf(value, ['process', 'fleet'], path),
  fleetLease: toPositiveMilliseconds,
}

/**
 * A policy with what is given in the options; the very policy when nothing is.
 * @throws {ConfigurationError} E_CONFIG at the path of the option
 */
export function withOptions(
  policy: LoadPolicy,
  options: LoadOptions,
  pathOf: (option: keyof LoadOptions) => string,
): LoadPolicy {
  let given: Partial<Writable<LoadPolicy>> | undefined
  for (const name in options) {
    const option = name as keyof LoadOptions
    const read = loadOptionReaders[option] as Read | undefined
    const value = options[option]
    if (read !== undefined && value !== undefined) (given ??= {})[option] = read(value, pathOf(option)) as never
  }
  if (given === undefined) return policy
  const changed = { ...policy, ...given }
  const other = policy.herdTimeout === undefined ? undefined : pastTtlOption(changed)
  if (other === undefined) return changed
  throw new ConfigurationError(pathOf(other), 'is not for a herd cache, which serves values past their ttl by itself')
}

/** The option that lets values be served, or be loaded anew, by their ttl; `undefined` where none does. */
export function pastTtlOption({ grace, refreshAt }: LoadPolicy): 'grace' | 'refreshAt' | undefined {
  if (grace > 0) return 'grace'
  return refreshAt === undefined ? undefined : 'refreshAt'
}

type Read = (value: unknown, path: string) => unknown
type Writable<Type> = { -readonly [Name in keyof Type]: Type[Name] }

function toShare(value: number, path: string, what: string): number {
  if (typeof value === 'number' && value >= 0 && value <= 1) return value
  throw new ConfigurationError(path, `expected ${what} between 0 and 1, got ${show(value)}`)
}

function toOneOf<Choice extends string>(value: Choice, choices: readonly Choice[], path: string): Choice {
  if (choices.includes(value)) return value
  throw new ConfigurationError(path, `expected ${choices.map(show).join(' or ')}, got ${show(value)}`)
}
