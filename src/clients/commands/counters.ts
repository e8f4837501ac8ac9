import { createHash } from 'node:crypto'
import type { Reply } from '../../connection/connection.js'
import type { Call } from '../command.js'
import { wide } from './replies.js'

/** The new value; an absent key starts from 0 and gets no expiry. */
export function incrementBy(key: string, delta: number | bigint): Call<number | bigint> {
  const args = ['INCRBY', key, String(delta)]
  return { name: 'INCRBY', intent: 'write', idempotent: false, keys: [key], args, decode: 'text', reply: wide }
}

/**
 * The new value, or `undefined` when the key is absent, in one step.
 * The value travels as text: Lua's numbers lose digits past 2^53.
 */
export function incrementExisting(key: string, delta: number | bigint): Call<number | bigint | undefined> {
  const args = ['EVALSHA', sha, '1', key, String(delta)]
  const reply = (raw: Reply): number | bigint | undefined => (raw === null ? undefined : wide(raw))
  return { name: 'INCRBY', intent: 'write', idempotent: false, keys: [key], args, script, decode: 'text', reply }
}

const script = `if redis.call('EXISTS', KEYS[1]) == 0 then return false end
redis.call('INCRBY', KEYS[1], ARGV[1])
return redis.call('GET', KEYS[1])`
const sha = createHash('sha1').update(script).digest('hex')
