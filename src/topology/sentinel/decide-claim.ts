import { addressOf, type NodeTarget } from '../../connection/connection.js'
import type { Milliseconds } from '../../units.js'

/** Who is primary, since which epoch. */
export interface Claim {
  readonly primary: NodeTarget
  readonly epoch: number
}

/** The claim that we act on, and since when. */
export interface AcceptedClaim extends Claim {
  readonly since: Milliseconds
  /** Whether only the primary itself has said so, and no sentinel yet. */
  readonly provisional?: boolean
}

/** A claim as a sentinel made it, and when. */
export interface TimedClaim extends Claim {
  readonly at: Milliseconds
}

/**
 * Which claim to accept.
 * A higher epoch wins at once, from whomever it comes. Anything else that differs (a lower epoch, because the service
 * was removed and monitored anew) needs a majority of the electorate, or that nobody stands by a primary which
 * we cannot use either; so a partitioned sentinel never moves us back. Nor do lagging ones: the leader of a failover
 * is ahead of all others for a moment, so a lower epoch counts only once they have had the time to hear of ours.
 * A provisional claim gives way to whatever a sentinel says of the same epoch.
 * @param claims one of each sentinel
 * @param electorate how many sentinels there are, whether they answer or not
 * @param confirmed whether we can use the current primary
 */
export function decideClaim(
  claims: readonly TimedClaim[],
  current: AcceptedClaim | undefined,
  electorate: number,
  confirmed: boolean,
): Claim | undefined {
  const newest = mostVoted(withHighestEpoch(claims))
  if (newest === undefined || current === undefined || supersedes(newest, current)) return newest ?? current
  const rivals = claims.filter((claim) => !sameClaim(claim, current) && !mayLag(claim, current))
  const rival = mostVoted(rivals)
  if (rival === undefined || votes(rivals, rival) * 2 > electorate) return rival ?? current
  return confirmed || rivals.length < claims.length ? current : rival
}

/** Whether two claims name the same primary in the same epoch. */
export function sameClaim(one: Claim, other: Claim): boolean {
  return one.epoch === other.epoch && addressOf(one.primary) === addressOf(other.primary)
}

function supersedes({ epoch }: Claim, current: AcceptedClaim): boolean {
  return epoch > current.epoch || (current.provisional === true && epoch === current.epoch)
}

function mayLag({ epoch, at }: TimedClaim, current: AcceptedClaim): boolean {
  return epoch < current.epoch && at - current.since < lag
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

/** Sentinels tell each other of their claims every 2 s; those that did not hear of one in this time do not hear, in ms. */
export const lag: Milliseconds = 3_000
