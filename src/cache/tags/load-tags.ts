import type { FrameFields, Freshness } from '../../codec/frame.js'

/** What a load knows of tags, in a cache whose values may have some. */
export interface LoadTags {
  /** What the call tags the value with. */
  readonly given: readonly string[]
  /** Whether its loader may say more, which it can where it takes its context. */
  readonly open: boolean
  /** The greatest number of an invalidation that the caller has seen: a load that has begun before is not for this caller. */
  readonly seen: number
  /** Reads the number of the last invalidation, which is the stamp of what is loaded after that. */
  readonly readStamp: () => Promise<number>
  /** How long a stored value is fresh, as its tags have it. @param key as the server knows it */
  readonly freshnessOf: (key: string, fields: FrameFields) => Freshness | Promise<Freshness>
}

/** Whether a value may have any tags. */
export function mayHaveTags({ given, open }: LoadTags): boolean {
  return open || given.length > 0
}

/** Whether a value may have one of these tags. */
export function mayHave({ given, open }: LoadTags, tags: readonly string[]): boolean {
  return open || given.some((tag) => tags.includes(tag))
}

/** The same for several loads that begin together: the number is read once for all of them. */
export function onceStamped(tags: LoadTags | undefined): LoadTags | undefined {
  if (tags === undefined) return undefined
  let stamp: Promise<number> | undefined
  return { ...tags, readStamp: () => (stamp ??= tags.readStamp()) }
}
