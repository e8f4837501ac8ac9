import type { Role } from '../../connection/connection.js'
import type { Node } from '../../connection/node.js'
import { roleTiers, type ReadFrom, type Tiers } from '../../topology/read-from.js'
import type { Milliseconds } from '../../units.js'
import type { Intent } from '../command.js'

/** The nodes of each role, whatever their state. */
export type Candidates = Readonly<Record<Role, readonly Node[]>>

/** Picks one of the given nodes, or `undefined` if none is suitable. */
export type Select = (nodes: readonly Node[]) => Node | undefined

/** What a call knows of the nodes before one is chosen for it. */
export interface Wish {
  readonly tiers: Tiers
  /** Nodes that failed it already: they come last. */
  readonly tried: ReadonlySet<Node>
  /** After which silence a node is in doubt, in ms; `undefined`: as is usual for the node. */
  readonly attemptTimeout: Milliseconds | undefined
  /** How much longer that is for this call, in ms. @default 0 */
  readonly patience?: Milliseconds
}

/** The roles that may serve a call, best first. */
export function tiersFor(intent: Intent, readFrom: ReadFrom): Tiers {
  return roleTiers(intent === 'write' ? 'primary' : readFrom)
}

/**
 * The node for a read: of the best role that has one to use; one that is not in doubt and has not failed the call, if
 * there is one. `undefined`: none is up, so wait.
 */
export function chooseNode(
  { tiers, tried, attemptTimeout, patience }: Wish,
  candidates: Candidates,
  select: Select,
): Node | undefined {
  return (
    selectFrom(tiers, candidates, select, (node) => !tried.has(node) && !node.isInDoubt(attemptTimeout, patience)) ??
    selectFrom(tiers, candidates, select, (node) => !tried.has(node)) ??
    (tried.size > 0 ? selectFrom(tiers, candidates, select, () => true) : undefined)
  )
}

function selectFrom(
  tiers: Tiers,
  candidates: Candidates,
  select: Select,
  suits: (node: Node) => boolean,
): Node | undefined {
  for (const roles of tiers) {
    const node = select(usable(roles, candidates, suits))
    if (node !== undefined) return node
  }
  return undefined
}

/** The less busy one of two picked at random: a frozen node soon attracts nobody, and no node is everybody's choice. */
export function leastBusyOfTwo<Of extends { readonly pending: number }>(
  nodes: readonly Of[],
  random: () => number,
): Of | undefined {
  if (nodes.length < 2) return nodes[0]
  const first = Math.floor(random() * nodes.length)
  const second = (first + 1 + Math.floor(random() * (nodes.length - 1))) % nodes.length
  const [one, other] = [nodes[first] as Of, nodes[second] as Of]
  return one.pending <= other.pending ? one : other
}

/**
 * The best of nodes of which some are near: the replicas that are near, else the primary if it is, else the other
 * replicas, else the primary. Pure.
 */
export function nearFirst<Of>(
  nodes: readonly Of[],
  isNear: (node: Of) => boolean,
  roleOf: (node: Of) => Role | undefined,
): readonly Of[] {
  const found: Of[] = []
  let best = Infinity
  for (const node of nodes) {
    const rank = (isNear(node) ? 0 : 2) + (roleOf(node) === 'primary' ? 1 : 0)
    if (rank < best) found.length = 0
    best = Math.min(best, rank)
    if (rank === best) found.push(node)
  }
  return found
}

/** The one with the shortest round trip; those whose round trip is not known yet come last. */
export function nearest(nodes: readonly Node[]): Node | undefined {
  const [first, ...others] = nodes
  return others.reduce((best, node) => ((node.rtt ?? Infinity) < (best?.rtt ?? Infinity) ? node : best), first)
}

function usable(roles: readonly Role[], candidates: Candidates, suits: (node: Node) => boolean): readonly Node[] {
  const able: Node[] = []
  for (const role of roles) for (const node of candidates[role]) if (node.state === 'up' && suits(node)) able.push(node)
  return able
}
