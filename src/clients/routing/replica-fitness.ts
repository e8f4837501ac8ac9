import type { Node } from '../../connection/node.js'
import type { Topology } from '../../topology/topology.js'
import type { Milliseconds } from '../../units.js'

/** What is known of a replica that answers. */
export interface ReplicaFacts {
  /** Whether it has said since we connected that its link to its primary is up, or cannot be asked. */
  readonly linked: boolean
  /** For how long it has been saying since then that it finds no primary, in ms. */
  readonly searching: Milliseconds
  /** How far it is behind, in ms; `undefined` while that is not known. */
  readonly lag: Milliseconds | undefined
}

/** Whether there is a primary: `up` there is one · `gone` there is none · `unknown` nobody says. */
export type PrimaryPresence = 'up' | 'gone' | 'unknown'

/**
 * Why a replica is not read. `unlinked`: it may have started without its data, and not got them yet · `late`: it is too far
 * behind · `unmeasured`: how far it is behind is not known.
 */
export type Unfitness = 'unlinked' | 'late' | 'unmeasured'

/**
 * Why a replica that answers is not read; `undefined`: it is.
 * A server that has just started has what is on its disk, or nothing, until it has synced
 * (findings/empty-replica-answers.sh); so a replica on a new connection must have said that its link is up. That is asked
 * of nobody while there is no primary to link to: old data are better than none then. A link that breaks later has a
 * grace, which is not decided here. Pure.
 */
export function unfitness(
  { linked, searching, lag }: ReplicaFacts,
  maxLag: Milliseconds,
  primary: PrimaryPresence,
): Unfitness | undefined {
  if (!linked && !(primary === 'gone' || (primary === 'unknown' && searching >= vainSearch))) return 'unlinked'
  if (maxLag === Infinity) return undefined
  if (lag === undefined) return primary === 'up' ? 'unmeasured' : undefined
  return lag > maxLag ? 'late' : undefined
}

/** Whether there is a primary, by the node that this cache uses, or else by what sentinels or the cluster say. Pure. */
export function primaryPresence(
  primary: Pick<Node, 'state' | 'lastError'> | undefined,
  topology: Topology | undefined,
): PrimaryPresence {
  const isTried = primary !== undefined && (primary.state !== 'down' || primary.lastError !== undefined)
  if (isTried) return primary.state === 'up' ? 'up' : 'gone'
  if (topology?.primary === undefined || (topology.sentinels.length === 0 && !topology.quorate)) return 'unknown'
  return topology.primaryDown ? 'gone' : 'up'
}

/** A replica looks for its primary every second; one that has not found it in this time has none, in ms. */
const vainSearch: Milliseconds = 1_500
