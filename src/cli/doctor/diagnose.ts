import type { ResolvedCache } from '../../config/resolve.js'
import type { ResolvedRemote } from '../../config/resolve-remote.js'
import type { Clock, Milliseconds } from '../../units.js'
import type { Facts } from '../look/facts.js'
import { look } from '../look/look.js'
import { partsOf } from '../target/shards.js'
import { examine, type Finding } from './check.js'
import { allChecks } from './checks/all.js'
import { rightsOf, sentinelRightsOf } from './checks/rights.js'

/** What one look at the servers of a cache found, and what that comes to. */
export interface Diagnosis {
  /** Of each shard, where shards know nothing of each other; else of all servers. */
  readonly facts: readonly Facts[]
  readonly findings: readonly Finding[]
}

/**
 * Looks at the servers of a cache once, and judges what it found.
 * @param clock the clock of this host
 */
export async function diagnose(cache: ResolvedCache, remote: ResolvedRemote, clock?: Clock): Promise<Diagnosis> {
  const evidence = await Promise.all(
    partsOf(remote).map(async (part) => {
      const rights = rightsOf(cache, part).map(({ args }) => args)
      const sentinelRights = sentinelRightsOf(part).map(({ args }) => args)
      return { facts: await look(part, { patience, rights, sentinelRights, clock }), cache, remote: part }
    }),
  )
  return { facts: evidence.map(({ facts }) => facts), findings: examine(allChecks, evidence) }
}

/** Longer than status waits, in ms: a server that is slow is not yet one that is down. */
const patience: Milliseconds = 1_500
