import type { Cache } from '../../cache/cache.js'
import type { ExitCode } from '../exit-code.js'
import type { Given } from '../given.js'
import { look } from '../look/look.js'
import type { Surroundings } from '../surroundings.js'
import { findTarget, remoteOf, type Target } from './target.js'

/** Opens the cache that a command is about, runs the work, and closes it whatever came of that. */
export async function withCache(
  given: Given,
  surroundings: Surroundings,
  work: (cache: Cache, target: Target) => Promise<ExitCode>,
): Promise<ExitCode> {
  const target = await findReachable(given, surroundings)
  try {
    return await work(target.cache(), target)
  } finally {
    await target.close()
  }
}

/** As {@link findTarget}; addresses do not say whether they are those of a cluster, so their servers are asked. */
export async function findReachable(given: Given, surroundings: Surroundings): Promise<Target> {
  const target = await findTarget(given, surroundings)
  const remote = remoteOf(target)
  if (!target.addressed || remote.servers.kind === 'sentinel') return target
  const { kind } = await look(remote)
  return kind === 'cluster' ? findTarget(given, surroundings, { client: 'cluster' }) : target
}
