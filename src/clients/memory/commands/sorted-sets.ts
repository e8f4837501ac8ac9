import type { Reply } from '../../../connection/connection.js'
import type { Binary } from '../binary.js'
import type { Commands, Run } from '../command.js'
import type { Keyspace } from '../keyspace.js'
import { toDouble, toNumber, toPositive } from '../numbers.js'
import { sample } from '../random.js'
import { Refusal, syntaxError, wrongArity } from '../refusal.js'
import { SortedSet, type Scored } from '../sorted-set.js'

export const sortedSetCommands: Commands = {
  ZADD: [-4, add],
  ZINCRBY: [4, (keyspace, [key = '', delta = '', member = '']) => add(keyspace, [key, 'INCR', delta, member])],
  ZREM: [-3, remove],
  ZCARD: [2, (keyspace, [key = '']) => zsetOf(keyspace, key).size],
  ZSCORE: [3, (keyspace, [key = '', member = '']) => zsetOf(keyspace, key).score(member) ?? null],
  ZMSCORE: [-3, (keyspace, [key = '', ...members]) => scoresOf(zsetOf(keyspace, key), members)],
  ZRANK: [-3, rank('zrank', (zset, member) => zset.rank(member))],
  ZREVRANK: [-3, rank('zrevrank', rankFromEnd)],
  ZPOPMIN: [-2, pop((zset, count) => zset.deleteRange(0, count))],
  ZPOPMAX: [-2, pop(takeLast)],
  ZRANDMEMBER: [-2, random],
}

/** The one that is there, or one that nobody keeps. */
export function zsetOf(keyspace: Keyspace, key: Binary): SortedSet {
  return keyspace.get(key, 'zset') ?? new SortedSet()
}

/** As pairs: so a server replies scores in RESP3. */
export function withScores(scored: readonly Scored[]): Reply {
  return scored.map(({ member, score }) => [member, score])
}

function add(keyspace: Keyspace, [key = '', ...rest]: readonly Binary[]): Reply {
  let start = 0
  while (/^(?:nx|xx|gt|lt|ch|incr)$/i.test(rest[start] ?? '')) start++
  const words = new Set(rest.slice(0, start).map((word) => word.toUpperCase()))
  const pairs = rest.slice(start)
  checkOptions(words, pairs.length)
  const scored = scoredOf(pairs)
  return keyspace.change(key, 'zset', pairs, (zset) => addTo(zset, scored, words))
}

function checkOptions(words: ReadonlySet<Binary>, pieces: number): void {
  if (pieces === 0 || pieces % 2 !== 0) throw syntaxError()
  if (words.has('NX') && words.has('XX')) throw new Refusal('ERR XX and NX options at the same time are not compatible')
  if (['GT', 'LT', 'NX'].filter((word) => words.has(word)).length > 1)
    throw new Refusal('ERR GT, LT, and/or NX options at the same time are not compatible')
  if (words.has('INCR') && pieces > 2) throw new Refusal('ERR INCR option supports a single increment-element pair')
}

function scoredOf(pairs: readonly Binary[]): Scored[] {
  return pairs.flatMap((text, index) =>
    index % 2 === 0 ? [{ score: toDouble(text), member: pairs[index + 1] as Binary }] : [],
  )
}

function addTo(zset: SortedSet, scored: readonly Scored[], words: ReadonlySet<Binary>): Reply {
  let [added, updated] = [0, 0]
  let last: number | null = null
  for (const { member, score } of scored) {
    const before = zset.score(member)
    if (words.has(before === undefined ? 'XX' : 'NX')) continue
    const after = words.has('INCR') ? sum(before, score) : score
    if (before !== undefined && isKept(words, before, after)) continue
    last = after
    if (before === undefined) added++
    else if (before !== after) updated++
    if (before !== after) zset.set(member, after)
  }
  return words.has('INCR') ? last : added + (words.has('CH') ? updated : 0)
}

function sum(before = 0, delta: number): number {
  if (Number.isNaN(before + delta)) throw new Refusal('ERR resulting score is not a number (NaN)')
  return before + delta
}

/** Whether the score of before stays because the other is not greater, or not less. */
function isKept(words: ReadonlySet<Binary>, before: number, after: number): boolean {
  return (words.has('GT') && after <= before) || (words.has('LT') && after >= before)
}

function remove(keyspace: Keyspace, [key = '', ...members]: readonly Binary[]): Reply {
  return keyspace.change(key, 'zset', [], (zset) => zset.deleteAll(members))
}

function scoresOf(zset: SortedSet, members: readonly Binary[]): Reply {
  return members.map((member) => zset.score(member) ?? null)
}

function rank(name: string, rankOf: (zset: SortedSet, member: Binary) => number | undefined): Run {
  return (keyspace, [key = '', member = '', word, ...more]) => {
    if (more.length > 0) throw wrongArity(name)
    if (word !== undefined && word.toUpperCase() !== 'WITHSCORE') throw syntaxError()
    const zset = zsetOf(keyspace, key)
    const found = rankOf(zset, member) ?? null
    return found === null || word === undefined ? found : [found, zset.score(member) as number]
  }
}

function rankFromEnd(zset: SortedSet, member: Binary): number | undefined {
  const found = zset.rank(member)
  return found === undefined ? undefined : zset.size - 1 - found
}

function pop(take: (zset: SortedSet, count: number) => readonly Scored[]): Run {
  return (keyspace, [key = '', count, ...more]) => {
    if (more.length > 0) throw syntaxError()
    const most = count === undefined ? 1 : toPositive(count)
    const popped = keyspace.change(key, 'zset', [], (zset) => take(zset, Math.min(most, zset.size)))
    return count === undefined ? popped.flatMap(({ member, score }) => [member, score]) : withScores(popped)
  }
}

function takeLast(zset: SortedSet, count: number): readonly Scored[] {
  return zset.deleteRange(zset.size - count, count).toReversed()
}

function random(keyspace: Keyspace, [key = '', count, word, ...more]: readonly Binary[]): Reply {
  const wanted = count === undefined ? 1 : toNumber(count)
  if (more.length > 0 || (word !== undefined && word.toUpperCase() !== 'WITHSCORES')) throw syntaxError()
  const found = sample(zsetOf(keyspace, key).slice(), wanted)
  if (word !== undefined) return withScores(found)
  const members = found.map(({ member }) => member)
  return count === undefined ? (members[0] ?? null) : members
}
