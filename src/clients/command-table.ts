// A stand-in for the generated table: a few commands only.
import type { Intent, Value } from './command.js'

/** Whether a command reads or writes; `undefined`: it is not known here. */
export function intentOf(name: string, args: readonly Value[]): Intent | undefined {
  void args
  const upper = name.toUpperCase()
  if (writes.has(upper)) return 'write'
  return reads.has(upper) ? 'read' : undefined
}

/** Whether it may keep its connection waiting. */
export function isBlocking(name: string): boolean {
  return blocking.has(name.toUpperCase())
}

/** Whether it changes what the connection is to those who use it next; sub-commands as `CLIENT REPLY`. */
export function changesConnection(name: string): boolean {
  return changing.has(name.toUpperCase())
}

const words = (text: string): ReadonlySet<string> => new Set(text.split(' '))
const reads = words(
  'PING GET MGET STRLEN EXISTS TTL PTTL LLEN LRANGE SCARD HGET HGETALL ZCARD XREAD XLEN TYPE ECHO TIME',
)
const writes = words(
  'SET DEL UNLINK LPUSH RPUSH LPOP BLPOP BRPOP BLMOVE BRPOPLPUSH BLMPOP BZPOPMIN BZPOPMAX BZMPOP XREADGROUP XADD WAIT WAITAOF PUBLISH EVAL INCR APPEND MSET',
)
const blocking = words('BLPOP BRPOP BLMOVE BRPOPLPUSH BLMPOP BZPOPMIN BZPOPMAX BZMPOP XREAD XREADGROUP WAIT WAITAOF')
const changing = new Set([
  ...words(
    'SELECT MULTI EXEC DISCARD WATCH UNWATCH SUBSCRIBE PSUBSCRIBE SSUBSCRIBE UNSUBSCRIBE PUNSUBSCRIBE SUNSUBSCRIBE MONITOR HELLO AUTH RESET QUIT READONLY READWRITE ASKING SYNC PSYNC',
  ),
  'CLIENT REPLY',
  'CLIENT TRACKING',
  'CLIENT CACHING',
  'CLIENT SETNAME',
  'CLIENT CAPA',
])
