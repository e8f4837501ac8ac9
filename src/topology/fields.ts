import type { Reply } from '../connection/connection.js'

/** As {@link fieldsOf}, with each value as text. Pure. */
export function textsOf(reply: Reply | undefined): ReadonlyMap<string, string> {
  return new Map([...fieldsOf(reply)].map(([name, value]) => [name, String(value)]))
}

/** The fields of a reply by their names: a map in RESP3, and a flat list before it. Pure. */
export function fieldsOf(reply: Reply | undefined): ReadonlyMap<string, Reply> {
  if (reply instanceof Map) return new Map([...reply].map(([name, value]) => [String(name), value]))
  const flat = Array.isArray(reply) ? reply : []
  return new Map(flat.flatMap((name, index) => (index % 2 === 0 ? [[String(name), flat[index + 1] ?? '']] : [])))
}
