import type { FrameFields, Freshness } from '../../codec/frame.js'

/** What a load knows of tags, in a cache whose values may have some. */
export interface LoadTags {
  /** What the call tags the value with. */
  readonly given: readonly string[]
  /** Whether its loader may say more, which it can where it takes its context. */
  readonly open: boolean
  /** The greatest number of an invalidation that the caller has seen: a load that has begun before is not for this caller. */
  readonly seen: number
  readonly readStamp: ReadStamp
  /** How long a stored value is fresh, as its tags have it. @param key as the server knows it */
  readonly freshnessOf: (key: string, fields: FrameFields) => Freshness | Promise<Freshness>
}

/**
 * Reads the number of the last invalidation, which is the stamp of what is loaded after that; `undefined` where it cannot be
 * had and the load goes on without it.
 * @param again whether a load asks for the second time, since there was an invalidation meanwhile
 */
export type ReadStamp = (again: boolean) => Promise<number | undefined>

/** Whether a value may have any tags. */
export function mayHaveTags({ given, open }: Pick<LoadTags, 'given' | 'open'>): boolean {
  return open || given.length > 0
}

/** The same for several loads that begin together: the number is read once for all of them, and once again. */
export function sharedStamp(read: ReadStamp): ReadStamp {
  let [first, second]: (Promise<number | undefined> | undefined)[] = []
  return (again) => (again ? (second ??= read(true)) : (first ??= read(false)))
}
