import type { Reply } from '../../../connection/connection.js'
import type { Milliseconds } from '../../../units.js'
import type { Binary } from '../binary.js'
import type { Commands, Run } from '../command.js'
import { endOf, type TimeUnit } from '../expiry.js'
import type { Keyspace } from '../keyspace.js'
import { Refusal } from '../refusal.js'

export const expiryCommands: Commands = {
  EXPIRE: [-3, expire('EX', 'expire')],
  PEXPIRE: [-3, expire('PX', 'pexpire')],
  EXPIREAT: [-3, expire('EXAT', 'expireat')],
  PEXPIREAT: [-3, expire('PXAT', 'pexpireat')],
  PERSIST: [2, persist],
  TTL: [2, (keyspace, [key = '']) => told(keyspace, key, (at) => seconds(left(keyspace, at)))],
  PTTL: [2, (keyspace, [key = '']) => told(keyspace, key, (at) => left(keyspace, at))],
  EXPIRETIME: [2, (keyspace, [key = '']) => told(keyspace, key, seconds)],
  PEXPIRETIME: [2, (keyspace, [key = '']) => told(keyspace, key, (at) => at)],
}

function expire(unit: TimeUnit, name: string): Run {
  return (keyspace, [key = '', time = '', ...words]) => {
    const conditions = conditionsOf(words)
    const end = endOf(time, unit, keyspace.now, name)
    const entry = keyspace.find(key)
    if (entry === undefined || !conditions.every((word) => holds(word, end, entry.expiresAt))) return 0
    if (end <= keyspace.now) keyspace.delete(key)
    else keyspace.expire(key, end)
    return 1
  }
}

function conditionsOf(words: readonly Binary[]): readonly string[] {
  const conditions = words.map((word) => word.toUpperCase())
  const unknown = conditions.findIndex((word) => !/^(?:NX|XX|GT|LT)$/.test(word))
  if (unknown >= 0) throw new Refusal(`ERR Unsupported option ${words[unknown]}`)
  if (conditions.includes('NX') && conditions.some((word) => word !== 'NX'))
    throw new Refusal('ERR NX and XX, GT or LT options at the same time are not compatible')
  if (conditions.includes('GT') && conditions.includes('LT'))
    throw new Refusal('ERR GT and LT options at the same time are not compatible')
  return conditions
}

function holds(condition: string, end: Milliseconds, before: Milliseconds | undefined): boolean {
  if (condition === 'NX') return before === undefined
  if (condition === 'XX') return before !== undefined
  const current = before ?? Infinity
  return condition === 'GT' ? end > current : end < current
}

function persist(keyspace: Keyspace, [key = '']: readonly Binary[]): Reply {
  if (keyspace.find(key)?.expiresAt === undefined) return 0
  keyspace.expire(key, undefined)
  return 1
}

/** -2: not there; -1: no expiry. */
function told(keyspace: Keyspace, key: Binary, tell: (at: Milliseconds) => number): number {
  const entry = keyspace.find(key)
  if (entry === undefined) return -2
  return entry.expiresAt === undefined ? -1 : tell(entry.expiresAt)
}

function left(keyspace: Keyspace, at: Milliseconds): Milliseconds {
  return at - keyspace.now
}

function seconds(ms: Milliseconds): number {
  return Math.floor((ms + 500) / 1_000)
}
