import { HashRing } from '../../clients/shard/ring.js'
import type { ResolvedRemote } from '../../config/resolve-remote.js'

/** What is looked at by itself: each shard of a cache whose shards know nothing of each other; any other cache as it is. */
export function partsOf(remote: ResolvedRemote): readonly ResolvedRemote[] {
  return remote.shards?.map((shard) => shard.remote) ?? [remote]
}

/**
 * Says which of such shards a key belongs to, by their places.
 * @returns `undefined` where the keys are not divided in this way
 */
export function shardFinder({ shards }: ResolvedRemote): ((made: string) => number) | undefined {
  if (shards === undefined) return undefined
  const ring = new HashRing(shards.map(({ node }) => node))
  return (made) => ring.shardOf(made)
}
