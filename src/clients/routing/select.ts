import type { Role } from '../../connection/connection.js'
import type { Node } from '../../connection/node.js'
import { ConfigurationError } from '../../errors.js'
import type { ReadCandidate, ReadFrom, ReadFromFunction } from '../../topology/read-from.js'
import { show, type Milliseconds } from '../../units.js'
import { leastBusyOfTwo, nearest, nearFirst, type Select } from './choose.js'

/** What a function that chooses may know of a node beside what the node says. */
export interface NodeFacts {
  roleOf(node: Node): Role
  lagOf(node: Node): Milliseconds | undefined
}

/**
 * How the node of a call is selected: a function decides, or the zone, the round trip, or who is less busy.
 * @param zone our own, for `'zone'`
 */
export function selectorFor(readFrom: ReadFrom, facts: NodeFacts, zone?: string): Select {
  if (typeof readFrom === 'function') return (nodes) => choose(readFrom, nodes, facts)
  if (readFrom === 'zone') return inZone(zone, facts)
  return readFrom === 'nearest' ? nearest : leastBusy
}

/** Selects among the best of the nodes for a reader in this zone. */
function inZone(zone: string | undefined, facts: NodeFacts): Select {
  const isNear = (node: Node): boolean => node.zone === zone
  const roleOf = (node: Node): Role => facts.roleOf(node)
  return (nodes) => leastBusy(nearFirst(nodes, isNear, roleOf))
}

function leastBusy(nodes: readonly Node[]): Node | undefined {
  return leastBusyOfTwo(nodes, Math.random)
}

function choose(readFrom: ReadFromFunction, nodes: readonly Node[], facts: NodeFacts): Node | undefined {
  if (nodes.length === 0) return undefined
  const candidates = nodes.map((node): ReadCandidate => {
    const { address, rtt, pending, zone, ip } = node
    return { address, role: facts.roleOf(node), pending, rtt, lag: facts.lagOf(node), zone: zone || undefined, ip }
  })
  const chosen = readFrom(candidates)
  if (chosen === undefined) return undefined
  const node = nodes[candidates.indexOf(chosen)]
  if (node !== undefined) return node
  const problem = `the function gave what is none of its nodes (${show(chosen)}); return one of them, or nothing`
  throw new ConfigurationError('readFrom', problem)
}
