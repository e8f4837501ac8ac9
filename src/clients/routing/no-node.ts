import type { Role } from '../../connection/connection.js'
import type { Node } from '../../connection/node.js'
import { ConnectionError, PrimaryNotFoundError, ReplicaNotFoundError, type TopologyError } from '../../errors.js'
import type { Candidates } from './choose.js'

/** Why a call that needs one of these roles found no node: what is wrong with each, and what else keeps it. Pure. */
export function noNode(
  name: string,
  roles: readonly Role[],
  nodes: Candidates,
  reasons: readonly string[],
  whyUnfit: (node: Node) => string | undefined,
): TopologyError {
  const tried = roles.flatMap((role) => nodes[role].map((node) => describe(role, node, whyUnfit(node))))
  return roles.includes('primary')
    ? new PrimaryNotFoundError(name, [...tried, ...reasons])
    : new ReplicaNotFoundError(name, [...tried, ...reasons])
}

function describe(role: Role, { address, state, lastError }: Node, unfit: string | undefined): string {
  if (state === 'up' && unfit !== undefined) return `${role} ${address} ${unfit}`
  if (!(lastError instanceof Error)) return `${role} ${address} is ${state}`
  const reason = lastError.message.replace(/\.$/, '')
  return lastError instanceof ConnectionError ? `${role} ${reason}` : `${role} ${address}: ${reason}`
}
