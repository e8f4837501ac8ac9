import { addressOf, type Address, type Reply } from '../connection.js'

/** What a server says of its place in replication. */
export type RoleReport =
  | { readonly role: 'primary'; readonly offset: number; readonly replicas: readonly Address[] }
  | { readonly role: 'replica'; readonly offset: number }

/** The answer to ROLE; `undefined` from anything that is no data node. */
export function parseRole(reply: Reply): RoleReport | undefined {
  if (!Array.isArray(reply)) return undefined
  const [role, ...rest] = reply
  if (role === 'master') return { role: 'primary', offset: Number(rest[0]), replicas: replicasOf(rest[1]) }
  return role === 'slave' ? { role: 'replica', offset: Number(rest[3]) } : undefined
}

function replicasOf(rows: Reply | undefined): readonly Address[] {
  if (!Array.isArray(rows)) return []
  return rows.flatMap((row) => (Array.isArray(row) ? [addressOf({ host: String(row[0]), port: Number(row[1]) })] : []))
}
