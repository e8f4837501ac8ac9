import { addressOf, type Address, type Role } from '../../connection/connection.js'
import type { LabServer } from '../server/server.js'

/** What a data node says of itself. */
export interface NodeView {
  readonly address: Address
  readonly role: Role
  /** A replica's primary. */
  readonly of?: Address
  /** Whether a replica's link to its primary is up; a primary's always is. */
  readonly linked: boolean
}

export async function nodeViewOf(node: LabServer): Promise<NodeView> {
  const [role, host, port, link] = (await node.ask(['ROLE'], 500)) as [string, string, number, string]
  if (role === 'master') return { address: node.address, role: 'primary', linked: true }
  return { address: node.address, role: 'replica', of: addressOf({ host, port }), linked: link === 'connected' }
}
