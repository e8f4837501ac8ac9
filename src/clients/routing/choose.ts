import type { Role } from '../../connection/connection.js'
import type { Node } from '../../connection/node.js'
import { roleTiers, type ReadFrom, type Tiers } from '../../topology/read-from.js'
import type { Intent } from '../command.js'

/** The nodes of each role, whatever their state. */
export type Candidates = Readonly<Record<Role, readonly Node[]>>

/** Which of several nodes that will do, if any. */
export type Select = (nodes: readonly Node[]) => Node | undefined

/** The roles that may serve a call, best first. */
export function tiersFor(intent: Intent, readFrom: ReadFrom): Tiers {
  return roleTiers(intent === 'write' ? 'primary' : readFrom)
}

/**
 * The node for a call: of the best role that has one to use; not one that failed it already, unless all have.
 * `undefined`: none is up, so wait.
 */
export function chooseNode(
  tiers: Tiers,
  candidates: Candidates,
  tried: ReadonlySet<Node>,
  select: Select,
): Node | undefined {
  for (const roles of tiers) {
    const node = select(usable(roles, candidates, tried))
    if (node !== undefined) return node
  }
  return tried.size > 0 ? chooseNode(tiers, candidates, noneTried, select) : undefined
}

/** The less busy one of two picked at random: a frozen node soon attracts nobody, and no node is everybody's choice. */
export function leastBusyOfTwo(nodes: readonly Node[], random: () => number): Node | undefined {
  if (nodes.length < 2) return nodes[0]
  const first = Math.floor(random() * nodes.length)
  const second = (first + 1 + Math.floor(random() * (nodes.length - 1))) % nodes.length
  const [one, other] = [nodes[first] as Node, nodes[second] as Node]
  return one.pool.pending <= other.pool.pending ? one : other
}

/** The one with the shortest round trip; those whose round trip is not known yet come last. */
export function nearest(nodes: readonly Node[]): Node | undefined {
  const [first, ...others] = nodes
  return others.reduce((best, node) => ((node.rtt ?? Infinity) < (best?.rtt ?? Infinity) ? node : best), first)
}

function usable(roles: readonly Role[], candidates: Candidates, tried: ReadonlySet<Node>): readonly Node[] {
  const able = (node: Node): boolean => node.state === 'up' && !tried.has(node)
  const [only] = roles
  if (roles.length === 1 && only !== undefined) return candidates[only].filter(able)
  return roles.flatMap((role) => candidates[role].filter(able))
}

const noneTried: ReadonlySet<Node> = new Set()
