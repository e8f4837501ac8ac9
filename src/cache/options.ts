import type { Intent } from '../clients/command.js'
import type { Key } from '../keys/key-maker.js'
import type { ReadFrom } from '../topology/read-from.js'
import type { Duration } from '../units.js'
import type { LoadOptions } from './load-policy.js'
import type { Ttl } from './ttl.js'

/** Stands for options that were not given, so that nothing is checked or read. */
export const noOptions: Readonly<Record<string, never>> = Object.freeze({})

/** What every call may ask for. */
export interface CallOptions {
  /** Part of the key; a whole number from 0. @default the cache's */
  readonly version?: number | undefined
  /** Everything the call may take, in ms or as a literal. @default the cache's readDeadline or writeDeadline */
  readonly deadline?: Duration | undefined
  /**
   * How long a node may be silent before a read is also asked of another node that is up, in ms or as a literal.
   * @default the cache's
   */
  readonly attemptTimeout?: Duration | undefined
  /** Rejects with its reason. A write that was sent may still have run. @default none */
  readonly signal?: AbortSignal | undefined
  /**
   * Whether an outage of this call is a miss, and a stored value that it cannot read too: it answers what a cache with
   * `failSafe` does. With `false` it rejects, in such a cache as well. @default the cache's
   */
  readonly failSafe?: boolean | undefined
}

/** The options of a method for which `failSafe` means nothing: it has no answer for an outage, or needs none. */
export type Unanswered<Options extends CallOptions> = Omit<Options, 'failSafe'>

export interface ReadOptions extends CallOptions {
  /** Which role answers. @default the cache's */
  readonly readFrom?: ReadFrom | undefined
}

export interface TtlOptions extends CallOptions {
  /** How long the value is kept, in ms or as a literal; `null` is for ever, 0 or less is not at all. @default the cache's */
  readonly ttl?: Ttl | undefined
}

/** For the fields of a hash. */
export interface FieldTtlOptions extends CallOptions {
  /**
   * How long the fields are kept, in ms or as a literal, `null` is as long as the hash; needs Valkey 9 or later.
   * @default null
   */
  readonly ttl?: Ttl | undefined
}

/** For reads that a near cache may answer. */
export interface NearReadOptions extends ReadOptions {
  /**
   * Whether a near cache may answer from memory; `false` asks a server, and so does a `readFrom` of the call.
   * @default true where the cache has one
   */
  readonly near?: boolean | undefined
}

/** For what reads values. */
export interface TaggedReadOptions extends NearReadOptions {
  /**
   * Tags that the values may have, in an array: they are read in the same round trip, but in a pipeline after it. The other
   * tags of a value are read too, in one more. @default none
   */
  readonly tags?: readonly string[] | undefined
}

/** For a read of one value. */
export interface GetOptions extends TaggedReadOptions {
  /** Whether a value that is past its ttl is read too, while it is in its grace. @default false */
  readonly stale?: boolean | undefined
}

/** For what writes values. */
export interface WriteOptions extends TtlOptions, TagOptions, Pick<LoadOptions, 'grace' | 'jitter' | 'refreshAt'> {}

/** For what writes many values. */
export interface SetManyOptions extends Omit<WriteOptions, 'tags'> {
  /**
   * What the values are tagged with, for `invalidateTags`: an array for all of them, or a function that gives the tags of
   * each. A tagged value is kept for 30 days at most, and the cache has format 'framed'. @default none
   */
  readonly tags?: readonly string[] | ((value: unknown) => readonly string[]) | undefined
}

export interface SetOptions extends WriteOptions {
  /** Only when the key is absent. @default false */
  readonly nx?: boolean | undefined
  /** Only when the key is there. @default false */
  readonly xx?: boolean | undefined
}

/** For what writes tagged values. */
export interface TagOptions {
  /**
   * What the value is tagged with, for `invalidateTags`; in an array. A tagged value is kept for 30 days at most, and the
   * cache has format 'framed'. @default none
   */
  readonly tags?: readonly string[] | undefined
}

export interface InvalidateOptions extends CallOptions {
  /**
   * Values are stale instead of invalid: they may be served within their grace. `true`: for all of it; a length of time, in
   * ms or as a literal: until that is over. @default false
   */
  readonly soft?: boolean | Duration | undefined
}

export interface IncrementOptions extends CallOptions {
  /** Start from 0 when the key is absent. @default false */
  readonly create?: boolean | undefined
  /**
   * How long a number that `create` made is kept, in ms or as a literal; `null` is for ever. A number that was there keeps
   * its own. @default null
   */
  readonly ttl?: Ttl | undefined
}

/** For what goes through many keys or members in steps; each step has the deadline for itself. */
export interface BatchOptions extends CallOptions {
  /** How much the server looks at in one step. @default 1000 */
  readonly batch?: number | undefined
}

/** For walks through keys. */
export interface ScanOptions extends ReadOptions, BatchOptions {}

/** For walks through the members of one key. */
export interface MemberScanOptions extends ScanOptions {
  /**
   * A glob for members that are text, or numbers as their decimal text; it is matched here, on the values, since the
   * server sees their stored form only. @default every member
   */
  readonly match?: string | undefined
}

/** For what reads keys and writes another. */
export interface StoreOptions extends CallOptions {
  /** The destination's version. @default `version` */
  readonly destinationVersion?: number | undefined
}

export interface ZaddOptions extends CallOptions {
  /** Only new members. @default false */
  readonly nx?: boolean | undefined
  /** Only members that are there. @default false */
  readonly xx?: boolean | undefined
  /** Of those that are there only where the score gets higher. @default false */
  readonly gt?: boolean | undefined
  /** Of those that are there only where the score gets lower. @default false */
  readonly lt?: boolean | undefined
}

export interface WithScoresOptions extends ReadOptions {
  /** Give pairs of member and score. @default false */
  readonly withScores?: boolean | undefined
}

/** Which members of a sorted set by score, and how many of them. */
export interface ScoreRangeOptions extends WithScoresOptions {
  /** Leave so many out, from the first on. @default 0 */
  readonly offset?: number | undefined
  /** At most so many. @default all */
  readonly count?: number | undefined
}

export interface RangeOptions extends ScoreRangeOptions {
  /** From the highest score down. @default false */
  readonly rev?: boolean | undefined
  /** `start` and `stop` are scores. @default false: they are ranks */
  readonly byScore?: boolean | undefined
}

/** For a command as the server names it. */
export interface CommandOptions extends Unanswered<ReadOptions> {
  /** Where it goes: a read may be answered by a replica, and repeated. @default what the table of commands says */
  readonly intent?: Intent | undefined
  /** Places of keys in the command, such as `1` or `[1, 2]`, that are made as in every method. @default none: keys go as they are */
  readonly key?: number | readonly number[] | undefined
  /** How strings of the reply are read. @default 'text' */
  readonly decode?: 'text' | 'buffer' | undefined
}

export interface UseOptions extends Unanswered<ReadOptions> {
  /** Which server: `'write'` is the primary. @default 'write' */
  readonly intent?: Intent | undefined
  /**
   * The key that the work is about, or several. In a cluster they say which server, so that they must lie in one slot;
   * anywhere else they are what counts as written. @default every key, and in a cluster the first command with a key decides
   */
  readonly key?: Key | readonly Key[] | undefined
}

/**
 * For values that are loaded when they are missing. A `deadline` bounds the whole call, the loader included; without one
 * the loader may take what it takes.
 */
export interface GetOrSetOptions extends Unanswered<TtlOptions>, Unanswered<NearReadOptions>, LoadOptions, TagOptions {
  /**
   * Whether the value is loaded whatever is there, and overwrites it. It joins no load that began before, and those are
   * not kept; who asks later joins it. Nothing stale is served. @default false
   */
  readonly refresh?: boolean | undefined
  /**
   * Whether the call waits until a value that it loaded is written back, and rejects when the server refuses the write.
   * @default false: the value is handed over when it is loaded, and a write that fails is reported
   */
  readonly waitForWrite?: boolean | undefined
  /**
   * Whether callers who wait for one load get one object together, which none of them may change.
   * @default false: each has an object of its own, as with `get`
   */
  readonly share?: boolean | undefined
}

/** What a loader is given. Its functions count until the loader ends. */
export interface LoaderContext {
  /** Aborts when the loader is given up: by `loaderDeadline`, by `destroy`, and by `onAbandon: 'abort'`. */
  readonly signal: AbortSignal
  /** The value that is there past its ttl and within its grace, as `get` would give it; else `undefined`. */
  readonly stale: unknown
  /** Says how long the value is kept, in place of the call's `ttl`. */
  readonly setTtl: (ttl: Ttl) => void
  /**
   * Adds to what the value is tagged with, besides the call's `tags`. It may be said when the value is there: an invalidation
   * since the loader began makes the value invalid. Throws {@link ConfigurationError} E_CONFIG where the call has no `tags`
   * and the loader does not declare its context as a parameter.
   */
  readonly setTags: (tags: Iterable<string>) => void
  /** Hands the value over without keeping it; what is there stays. */
  readonly skip: () => void
}

/**
 * Makes a missing value. `undefined` says that there is none: it is passed on, and remembered where there is a
 * `negativeTtl`.
 */
export type Loader<T> = (context: LoaderContext) => T | Promise<T>

/** What a loader of many values is given. Its functions count until the loader ends. */
export interface ManyLoaderContext<K = Key> {
  /** Aborts when all of its values are given up: by `loaderDeadline`, by `destroy`, and by `onAbandon: 'abort'`. */
  readonly signal: AbortSignal
  /** The values that are there past their ttl and within their grace, by key. */
  readonly stale: ReadonlyMap<K, unknown>
  /** Says how long the value of a key is kept, in place of the call's `ttl`; without a key, how long all of them are. */
  readonly setTtl: (ttl: Ttl, key?: K) => void
  /** Says what the value of a key is tagged with, besides the call's `tags`; without a key, what all of them are. */
  readonly setTags: (tags: Iterable<string>, key?: K) => void
  /** Hands the value of a key over without keeping it, what is there stays; without a key, all of them. */
  readonly skip: (key?: K) => void
}

/**
 * Makes missing values, all in one call. Keys that it leaves out, or gives `undefined` for, have none: that is passed on,
 * and remembered where there is a `negativeTtl`.
 */
export type ManyLoader<T, K = Key> = (
  missing: K[],
  context: ManyLoaderContext<K>,
) => Iterable<readonly [K, T]> | Promise<Iterable<readonly [K, T]>>
