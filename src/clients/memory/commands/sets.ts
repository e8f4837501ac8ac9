import type { Reply } from '../../../connection/connection.js'
import type { Binary } from '../binary.js'
import { Members } from '../collections.js'
import { readOptions, type Commands, type Run } from '../command.js'
import type { Keyspace } from '../keyspace.js'
import { toCount, toNumber, toPositive } from '../numbers.js'
import { sample } from '../random.js'
import { Refusal, syntaxError } from '../refusal.js'

type Combine = (sets: readonly ReadonlySet<Binary>[]) => Members

export const setCommands: Commands = {
  SADD: [-3, add],
  SREM: [-3, remove],
  SCARD: [2, (keyspace, [key = '']) => membersOf(keyspace, key).size],
  SMEMBERS: [2, (keyspace, [key = '']) => new Set(membersOf(keyspace, key))],
  SISMEMBER: [3, (keyspace, [key = '', member = '']) => Number(membersOf(keyspace, key).has(member))],
  SMISMEMBER: [-3, (keyspace, [key = '', ...members]) => flagsOf(membersOf(keyspace, key), members)],
  SMOVE: [4, move],
  SPOP: [-2, pop],
  SRANDMEMBER: [-2, random],
  SUNION: [-2, combined(union)],
  SINTER: [-2, combined(intersection)],
  SDIFF: [-2, combined(difference)],
  SUNIONSTORE: [-3, stored(union)],
  SINTERSTORE: [-3, stored(intersection)],
  SDIFFSTORE: [-3, stored(difference)],
  SINTERCARD: [-3, intersectionSize],
}

function membersOf(keyspace: Keyspace, key: Binary): ReadonlySet<Binary> {
  return keyspace.get(key, 'set') ?? new Set()
}

function flagsOf(set: ReadonlySet<Binary>, members: readonly Binary[]): Reply {
  return members.map((member) => Number(set.has(member)))
}

function add(keyspace: Keyspace, [key = '', ...members]: readonly Binary[]): Reply {
  return keyspace.change(key, 'set', members, (set) => {
    const before = set.size
    for (const member of members) set.add(member)
    return set.size - before
  })
}

function remove(keyspace: Keyspace, [key = '', ...members]: readonly Binary[]): number {
  return keyspace.change(key, 'set', [], (set) => members.filter((member) => set.delete(member)).length)
}

function move(keyspace: Keyspace, [from = '', to = '', member = '']: readonly Binary[]): Reply {
  const source = keyspace.get(from, 'set')
  if (source === undefined) return 0
  keyspace.get(to, 'set')
  if (!source.has(member) || from === to) return Number(source.has(member))
  add(keyspace, [to, member])
  return remove(keyspace, [from, member])
}

function pop(keyspace: Keyspace, [key = '', count, ...more]: readonly Binary[]): Reply {
  if (more.length > 0) throw syntaxError()
  const most = count === undefined ? 1 : toPositive(count)
  const popped = sample([...membersOf(keyspace, key)], most)
  remove(keyspace, [key, ...popped])
  return count === undefined ? (popped[0] ?? null) : new Set(popped)
}

function random(keyspace: Keyspace, [key = '', count, ...more]: readonly Binary[]): Reply {
  if (more.length > 0) throw syntaxError()
  const wanted = count === undefined ? 1 : toNumber(count)
  const found = sample([...membersOf(keyspace, key)], wanted)
  return count === undefined ? (found[0] ?? null) : found
}

function combined(combine: Combine): Run {
  return (keyspace, keys) => new Set(combine(keys.map((key) => membersOf(keyspace, key))))
}

function stored(combine: Combine): Run {
  return (keyspace, [to = '', ...keys]) => {
    const result = combine(keys.map((key) => membersOf(keyspace, key)))
    if (result.size > 0) keyspace.put(to, result)
    else keyspace.delete(to)
    return result.size
  }
}

function union(sets: readonly ReadonlySet<Binary>[]): Members {
  return collect(sets.flatMap((set) => [...set]))
}

function intersection([first = new Set(), ...others]: readonly ReadonlySet<Binary>[]): Members {
  return collect([...first].filter((member) => others.every((set) => set.has(member))))
}

function difference([first = new Set(), ...others]: readonly ReadonlySet<Binary>[]): Members {
  return collect([...first].filter((member) => !others.some((set) => set.has(member))))
}

function collect(members: readonly Binary[]): Members {
  const set = new Members()
  for (const member of members) set.add(member)
  return set
}

function intersectionSize(keyspace: Keyspace, [count = '', ...rest]: readonly Binary[]): Reply {
  const keys = toCount(count, 1, 'ERR numkeys should be greater than 0')
  if (keys > rest.length) throw new Refusal("ERR Number of keys can't be greater than number of args")
  const most = limitOf(rest.slice(keys))
  return Math.min(intersection(rest.slice(0, keys).map((key) => membersOf(keyspace, key))).size, most)
}

/** LIMIT as SINTERCARD and ZINTERCARD have it; 0 is none. */
export function limitOf(words: readonly Binary[]): number {
  let most = 0
  readOptions(words, { LIMIT: (next) => (most = toCount(next(), 0, "ERR LIMIT can't be negative")) })
  return most === 0 ? Infinity : most
}
