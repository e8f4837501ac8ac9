import { addressOf, type Address, type NodeTarget } from '../../connection/connection.js'
import type { Milliseconds } from '../../units.js'
import { isEligible, linkGrace } from './eligible.js'
import type { Failover } from './failover.js'
import type { ReplicaView } from './replies.js'

/** Who is primary, since which epoch. */
export interface Claim {
  readonly primary: NodeTarget
  readonly epoch: number
}

/** The claim we act on, and since when. */
export interface Belief extends Claim {
  readonly since: Milliseconds
  /** We know of it from the primary itself, and no sentinel has said so yet. */
  readonly provisional?: boolean
}

/** What one sentinel said. */
export interface Observation extends Claim {
  readonly primaryDown: boolean
  readonly replicas: readonly ReplicaView[]
  readonly sentinels: readonly NodeTarget[]
  /** The failover that it leads. */
  readonly failover: Omit<Failover, 'epoch'> | undefined
  readonly at: Milliseconds
}

/** A replica, and when it was last fit to serve, by what a sentinel said: one whose link is down was when it broke. */
export interface Sighting {
  readonly target: NodeTarget
  readonly at: Milliseconds
}

/**
 * Which claim to believe.
 * A higher epoch wins at once, from whomever it comes. Anything else that differs (a lower epoch, because the service
 * was removed and monitored anew) needs a majority of all known sentinels, or that nobody stands by a primary which
 * we cannot use either; so a partitioned sentinel never moves us back. Nor do lagging ones: the leader of a failover
 * is ahead of all others for a moment, so a lower epoch counts only once they have had the time to hear of ours.
 * A provisional claim gives way to whatever a sentinel says of the same epoch.
 * @param confirmed whether we can use the current primary
 */
export function decideClaim(
  observations: readonly Observation[],
  current: Belief | undefined,
  sentinelCount: number,
  confirmed: boolean,
): Claim | undefined {
  const newest = mostVoted(withHighestEpoch(observations))
  if (newest === undefined || current === undefined || supersedes(newest, current)) return newest ?? current
  const rivals = observations.filter((claim) => !sameClaim(claim, current) && !mayLag(claim, current))
  const rival = mostVoted(rivals)
  if (rival === undefined || votes(rivals, rival) * 2 > sentinelCount) return rival ?? current
  return confirmed || rivals.length < observations.length ? current : rival
}

/**
 * The replicas that may serve reads: fit for some sentinel that believes the claim, now or within the grace; of several
 * sightings the latest counts. While no sentinel speaks for the claim nothing changes but its primary's role.
 */
export function decideReplicas(
  observations: readonly Observation[],
  claim: Claim,
  sightings: ReadonlyMap<Address, Sighting>,
  now: Milliseconds,
): ReadonlyMap<Address, Sighting> {
  const believers = observations.filter((observation) => sameClaim(observation, claim))
  if (believers.length === 0) return without(sightings, claim.primary)
  const primaryDown = believers.some((believer) => believer.primaryDown)
  const kept = [...sightings].filter(([, { at }]) => primaryDown || now - at < linkGrace)
  const seen = [...kept, ...believers.flatMap((believer) => sight(believer, primaryDown))]
  return without(new Map(seen.sort(([, one], [, other]) => one.at - other.at)), claim.primary)
}

function without(sightings: ReadonlyMap<Address, Sighting>, primary: NodeTarget): ReadonlyMap<Address, Sighting> {
  const others = new Map(sightings)
  others.delete(addressOf(primary))
  return others
}

function supersedes({ epoch }: Claim, current: Belief): boolean {
  return epoch > current.epoch || (current.provisional === true && epoch === current.epoch)
}

function mayLag({ epoch, at }: Observation, current: Belief): boolean {
  return epoch < current.epoch && at - current.since < lag
}

/** The leader of a failover lists the new primary among the replicas until it is over. */
function sight({ primary, replicas, at }: Observation, primaryDown: boolean): (readonly [Address, Sighting])[] {
  const others = new Set(replicas.map(addressOf).filter((address) => address !== addressOf(primary)))
  return replicas
    .filter((replica) => isEligible(replica, others, primaryDown))
    .map(({ host, port, linkUp, linkDownFor }) => {
      const linkedAt = linkUp || primaryDown ? at : at - linkDownFor
      return [addressOf({ host, port }), { target: { host, port }, at: linkedAt }] as const
    })
}

function withHighestEpoch(claims: readonly Claim[]): readonly Claim[] {
  const highest = Math.max(...claims.map(({ epoch }) => epoch))
  return claims.filter(({ epoch }) => epoch === highest)
}

function mostVoted(claims: readonly Claim[]): Claim | undefined {
  const [first, ...rest] = claims
  return rest.reduce((best, claim) => (best && votes(claims, claim) > votes(claims, best) ? claim : best), first)
}

function votes(claims: readonly Claim[], claim: Claim): number {
  return claims.filter((other) => sameClaim(other, claim)).length
}

function sameClaim(one: Claim, other: Claim): boolean {
  return one.epoch === other.epoch && addressOf(one.primary) === addressOf(other.primary)
}

/** Sentinels tell each other of their claims every 2 s; those that did not hear of one in this time do not hear, in ms. */
export const lag: Milliseconds = 3_000
