import type { Reply } from '../../connection/connection.js'
import { isAscii } from '../../connection/resp/encoder.js'
import type { Value } from '../command.js'

/** Bytes as a string of one character each: it is equal, sorted, sliced and measured as bytes are on a server. */
export type Binary = string

/** What goes to a server, as it keeps it. */
export function toBinary(value: Value): Binary {
  if (typeof value !== 'string') return bufferOf(value).toString('latin1')
  return isAscii(value) ? value : Buffer.from(value, 'utf8').toString('latin1')
}

/** A reply made of {@link Binary}, as the caller wants to read it. */
export function fromBinary(reply: Reply, decode: 'text' | 'buffer'): Reply {
  const read = (one: Reply): Reply => fromBinary(one, decode)
  if (typeof reply === 'string') return decode === 'buffer' ? Buffer.from(reply, 'latin1') : textOf(reply)
  if (Array.isArray(reply)) return reply.map(read)
  if (reply instanceof Set) return new Set(Array.from(reply, read))
  if (reply instanceof Map) return new Map(Array.from(reply, ([key, value]) => [read(key), read(value)]))
  return reply
}

function textOf(binary: Binary): string {
  return isAscii(binary) ? binary : Buffer.from(binary, 'latin1').toString('utf8')
}

function bufferOf({ buffer, byteOffset, byteLength }: Uint8Array): Buffer {
  return Buffer.from(buffer, byteOffset, byteLength)
}
