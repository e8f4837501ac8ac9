import type { Reply } from '../../connection/connection.js'
import type { Milliseconds } from '../../units.js'
import type { Call } from '../command.js'
import { flag } from './replies.js'

/** Whether the key was there. */
export function pexpire(key: string, ttl: Milliseconds): Call<boolean> {
  const args = ['PEXPIRE', key, String(ttl)]
  return { name: 'PEXPIRE', intent: 'write', idempotent: true, keys: [key], args, decode: 'text', reply: flag }
}

/** Whether the key had an expiry. */
export function persist(key: string): Call<boolean> {
  return {
    name: 'PERSIST',
    intent: 'write',
    idempotent: true,
    keys: [key],
    args: ['PERSIST', key],
    decode: 'text',
    reply: flag,
  }
}

/** What is left, in ms; `null`: no expiry; `undefined`: no such key. */
export function pttl(key: string): Call<Milliseconds | null | undefined> {
  return {
    name: 'PTTL',
    intent: 'read',
    idempotent: true,
    keys: [key],
    args: ['PTTL', key],
    decode: 'text',
    reply: left,
  }
}

function left(reply: Reply): Milliseconds | null | undefined {
  const ttl = Number(reply)
  return ttl === -2 ? undefined : ttl === -1 ? null : ttl
}
