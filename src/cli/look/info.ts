import type { Reply } from '../../connection/connection.js'

/** Fields of a server's answer by their names. */
export type Fields = ReadonlyMap<string, string>

/** The fields of a reply to INFO, without the old name that replicas have there; `undefined` where it was refused. */
export function infoOf(reply: Reply | undefined): Fields | undefined {
  if (typeof reply !== 'string') return undefined
  const lines = reply.split('\r\n').filter((line) => line.includes(':') && !line.startsWith('#'))
  return new Map(lines.map((line) => [fieldName(line), line.slice(line.indexOf(':') + 1)]))
}

function fieldName(line: string): string {
  return line.slice(0, line.indexOf(':')).replaceAll(/(?<![a-z])slave/g, 'replica')
}

/** A field as a number; `undefined` where there is none. */
export function numberIn(fields: Fields | undefined, name: string): number | undefined {
  const text = fields?.get(name)
  const value = Number(text)
  return text === undefined || text === '' || Number.isNaN(value) ? undefined : value
}

/** What a server is: its software and version. */
export interface Software {
  readonly name: 'Valkey' | 'Redis'
  readonly version: string
}

/** The software that INFO names; Valkey says beside its own which version of Redis it can stand in for. */
export function softwareOf(info: Fields | undefined): Software | undefined {
  const [valkey, redis] = [info?.get('valkey_version'), info?.get('redis_version')]
  if (valkey !== undefined) return { name: 'Valkey', version: valkey }
  return redis === undefined ? undefined : { name: 'Redis', version: redis }
}
