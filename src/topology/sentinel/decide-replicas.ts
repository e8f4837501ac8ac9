import { addressOf, type Address, type NodeTarget } from '../../connection/connection.js'
import type { Milliseconds } from '../../units.js'
import { sameClaim, type Claim } from './decide-claim.js'
import { isEligible, linkGrace } from './eligible.js'
import type { Observation } from './observation.js'

/** A replica, and when a sentinel last found it fit to serve; one whose link is down was fit until the link broke. */
export interface FitReplica {
  readonly target: NodeTarget
  readonly fitAt: Milliseconds
}

/** Replicas by their addresses. */
export type FitReplicas = ReadonlyMap<Address, FitReplica>

/**
 * The replicas that may serve reads: fit for some sentinel that makes the claim, now or within the grace; of what several
 * sentinels say the latest counts. While no sentinel makes the claim nothing changes but its primary's role.
 */
export function decideReplicas(
  observations: readonly Observation[],
  claim: Claim,
  known: FitReplicas,
  now: Milliseconds,
): FitReplicas {
  const supporting = observations.filter((observation) => sameClaim(observation, claim))
  if (supporting.length === 0) return without(known, claim.primary)
  const primaryDown = supporting.some((observation) => observation.primaryDown)
  const kept = [...known].filter(([, { fitAt }]) => primaryDown || now - fitAt < linkGrace)
  const seen = [...kept, ...supporting.flatMap((observation) => fitIn(observation, primaryDown))]
  return without(new Map(seen.sort(([, one], [, other]) => one.fitAt - other.fitAt)), claim.primary)
}

function without(replicas: FitReplicas, primary: NodeTarget): FitReplicas {
  const others = new Map(replicas)
  others.delete(addressOf(primary))
  return others
}

/** The leader of a failover lists the new primary among the replicas until it is over. */
function fitIn({ primary, replicas, at }: Observation, primaryDown: boolean): (readonly [Address, FitReplica])[] {
  const others = new Set(replicas.map(addressOf).filter((address) => address !== addressOf(primary)))
  return replicas
    .filter((replica) => isEligible(replica, others, primaryDown))
    .map(({ host, port, linkUp, linkDownFor }) => {
      const fitAt = linkUp || primaryDown ? at : at - linkDownFor
      return [addressOf({ host, port }), { target: { host, port }, fitAt }] as const
    })
}
