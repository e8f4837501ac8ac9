import type { Reply } from '../../connection/connection.js'
import type { Milliseconds } from '../../units.js'
import type { Call, Request, Value } from '../command.js'
import { count, flag, optional } from './replies.js'

/** How stored values are read: as the codec wants them. */
export type Decode = 'text' | 'buffer'

export function get(key: string, decode: Decode): Call<Value | undefined> {
  const together = decode === 'text' ? textsTogether : buffersTogether
  const args = ['GET', key]
  return { name: 'GET', intent: 'read', idempotent: true, keys: [key], args, decode, reply: optional, together }
}

const textsTogether = (gets: readonly Request[]): Call<readonly Reply[]> => getTogether(gets, 'text')
const buffersTogether = (gets: readonly Request[]): Call<readonly Reply[]> => getTogether(gets, 'buffer')

function getTogether(gets: readonly Request[], decode: Decode): Call<readonly Reply[]> {
  const keys = gets.map(({ keys: [key] }) => key as string)
  return { ...mget(keys, decode), name: 'GET', reply: (raw) => raw as Reply[] }
}

export function mget(keys: readonly string[], decode: Decode): Call<readonly (Value | undefined)[]> {
  const reply = (raw: Reply): readonly (Value | undefined)[] => (raw as Reply[]).map(optional)
  return { name: 'MGET', intent: 'read', idempotent: true, keys, args: ['MGET', ...keys], decode, reply }
}

export interface SetCondition {
  /** How long it is kept, in ms; `undefined`: for ever. */
  readonly ttl: Milliseconds | undefined
  /** Only when the key is absent (`NX`), or only when it is there (`XX`). */
  readonly only?: 'NX' | 'XX' | undefined
}

/** Whether it was written: false when the condition refused it. */
export function set(key: string, value: Value, { ttl, only }: SetCondition): Call<boolean> {
  const args: Value[] = ['SET', key, value]
  if (ttl !== undefined) args.push('PX', String(ttl))
  if (only !== undefined) args.push(only)
  return {
    name: 'SET',
    intent: 'write',
    idempotent: false,
    keys: [key],
    args,
    decode: 'text',
    reply: (raw) => raw !== null,
  }
}

/** How many were there. */
export function unlink(keys: readonly string[]): Call<number> {
  return {
    name: 'UNLINK',
    intent: 'write',
    idempotent: true,
    keys,
    args: ['UNLINK', ...keys],
    decode: 'text',
    reply: count,
  }
}

export function exists(key: string): Call<boolean> {
  return {
    name: 'EXISTS',
    intent: 'read',
    idempotent: true,
    keys: [key],
    args: ['EXISTS', key],
    decode: 'text',
    reply: flag,
  }
}
