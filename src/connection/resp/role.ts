import { addressOf, type Address, type Reply } from '../connection.js'

/**
 * A replica's link to its primary. `connected`: it has all that the primary had when they met, and gets what comes ·
 * `syncing`: a primary answers it, and it does not have all yet · `searching`: no primary answers it.
 */
export type ReplicaLink = 'connected' | 'syncing' | 'searching'

/** What a server says of its place in replication. */
export type RoleReport =
  | { readonly role: 'primary'; readonly offset: number; readonly replicas: readonly Address[] }
  | {
      readonly role: 'replica'
      /** The primary that it follows. */
      readonly primary: Address
      readonly link: ReplicaLink
      /** Where it is in its primary's stream; `undefined` while it has no link. */
      readonly offset: number | undefined
    }

/** The answer to ROLE; `undefined` from anything that is no data node. */
export function parseRole(reply: Reply): RoleReport | undefined {
  if (!Array.isArray(reply)) return undefined
  const [role, ...rest] = reply
  if (role === 'master') return { role: 'primary', offset: Number(rest[0]), replicas: replicasOf(rest[1]) }
  return role === 'slave' ? replicaReport(rest) : undefined
}

function replicaReport([host, port, state, offset]: readonly Reply[]): RoleReport {
  const primary = addressOf({ host: String(host), port: Number(port) })
  return { role: 'replica', primary, link: linkOf(state), offset: Number(offset) < 0 ? undefined : Number(offset) }
}

function linkOf(state: Reply | undefined): ReplicaLink {
  if (state === 'connected') return 'connected'
  return state === 'handshake' || state === 'sync' ? 'syncing' : 'searching'
}

function replicasOf(rows: Reply | undefined): readonly Address[] {
  if (!Array.isArray(rows)) return []
  return rows.flatMap((row) => (Array.isArray(row) ? [addressOf({ host: String(row[0]), port: Number(row[1]) })] : []))
}
