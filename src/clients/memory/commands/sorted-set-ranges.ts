import type { Reply } from '../../../connection/connection.js'
import type { Binary } from '../binary.js'
import { readOptions, type Commands, type Run } from '../command.js'
import type { Keyspace } from '../keyspace.js'
import { toNumber } from '../numbers.js'
import { lexSpan, rankSpan, scoreSpan, type SpanOf } from '../ranges.js'
import { Refusal, syntaxError } from '../refusal.js'
import { SortedSet, type Scored } from '../sorted-set.js'
import { withScores, zsetOf } from './sorted-sets.js'

export const sortedSetRangeCommands: Commands = {
  ZRANGE: [-4, range({})],
  ZREVRANGE: [-4, range({ by: 'RANK', reverse: true })],
  ZRANGEBYSCORE: [-4, range({ by: 'SCORE', reverse: false })],
  ZREVRANGEBYSCORE: [-4, range({ by: 'SCORE', reverse: true })],
  ZRANGEBYLEX: [-4, range({ by: 'LEX', reverse: false })],
  ZREVRANGEBYLEX: [-4, range({ by: 'LEX', reverse: true })],
  ZRANGESTORE: [-5, rangeStore],
  ZCOUNT: [4, count(scoreSpan)],
  ZLEXCOUNT: [4, count(lexSpan)],
  ZREMRANGEBYRANK: [4, remove(rankSpan)],
  ZREMRANGEBYSCORE: [4, remove(scoreSpan)],
  ZREMRANGEBYLEX: [4, remove(lexSpan)],
}

type By = 'RANK' | 'SCORE' | 'LEX'

const spans: Readonly<Record<By, SpanOf>> = { RANK: rankSpan, SCORE: scoreSpan, LEX: lexSpan }

/** What the command's name settles already. */
interface Preset {
  readonly by?: By
  readonly reverse?: boolean
  readonly stores?: boolean
}

interface Query {
  readonly select: (zset: SortedSet) => readonly Scored[]
  readonly scores: boolean
}

function range(preset: Preset): Run {
  return (keyspace, [key = '', ...rest]) => {
    const { select, scores } = queryOf(rest, preset)
    const found = select(zsetOf(keyspace, key))
    return scores ? withScores(found) : found.map(({ member }) => member)
  }
}

function rangeStore(keyspace: Keyspace, [to = '', from = '', ...rest]: readonly Binary[]): Reply {
  const { select } = queryOf(rest, { stores: true })
  return store(keyspace, to, select(zsetOf(keyspace, from)))
}

/** Replaces what is there; nothing is kept when there is nothing. */
export function store(keyspace: Keyspace, to: Binary, scored: readonly Scored[]): number {
  const zset = new SortedSet()
  for (const { member, score } of scored) zset.set(member, score)
  if (zset.size > 0) keyspace.put(to, zset)
  else keyspace.delete(to)
  return zset.size
}

function queryOf([first = '', second = '', ...words]: readonly Binary[], preset: Preset): Query {
  const { by, reverse, scores, offset, limit } = optionsOf(words, preset)
  const swapped = reverse && by !== 'RANK'
  const spanOf = spans[by](swapped ? second : first, swapped ? first : second)
  const select = (zset: SortedSet): readonly Scored[] => {
    const { from, to } = spanOf(zset)
    if (by !== 'RANK') return page(inOrder(zset.slice(from, to), reverse), offset, limit)
    return reverse ? zset.slice(zset.size - to, zset.size - from).toReversed() : zset.slice(from, to)
  }
  return { select, scores }
}

function inOrder(found: readonly Scored[], reverse: boolean): readonly Scored[] {
  return reverse ? found.toReversed() : found
}

function page(found: readonly Scored[], offset: number, limit: number): readonly Scored[] {
  if (offset < 0) return []
  return limit < 0 ? found.slice(offset) : found.slice(offset, offset + limit)
}

interface Options {
  readonly by: By
  readonly reverse: boolean
  readonly scores: boolean
  readonly offset: number
  /** Less than 0: all. */
  readonly limit: number
}

function optionsOf(words: readonly Binary[], { by, reverse, stores }: Preset): Options {
  let [scores, offset, limit] = [false, 0, -1]
  const orderBy = (wanted: By) => (): void => {
    if (by !== undefined) throw syntaxError()
    by = wanted
  }
  const turn = (): void => {
    if (reverse !== undefined) throw syntaxError()
    reverse = true
  }
  readOptions(words, {
    LIMIT: (next) => ([offset, limit] = [next(), next()].map(toNumber) as [number, number]),
    REV: turn,
    BYSCORE: orderBy('SCORE'),
    BYLEX: orderBy('LEX'),
    ...(!stores && { WITHSCORES: () => (scores = true) }),
  })
  const options = { by: by ?? 'RANK', reverse: reverse ?? false, scores, offset, limit }
  check(options)
  return options
}

function check({ by, scores, limit }: Options): void {
  if (limit !== -1 && by === 'RANK')
    throw new Refusal('ERR syntax error, LIMIT is only supported in combination with either BYSCORE or BYLEX')
  if (scores && by === 'LEX') throw new Refusal('ERR syntax error, WITHSCORES not supported in combination with BYLEX')
}

function count(span: SpanOf): Run {
  return (keyspace, [key = '', min = '', max = '']) => {
    const spanOf = span(min, max)
    const { from, to } = spanOf(zsetOf(keyspace, key))
    return to - from
  }
}

function remove(span: SpanOf): Run {
  return (keyspace, [key = '', min = '', max = '']) => {
    const spanOf = span(min, max)
    return keyspace.change(key, 'zset', [], (zset) => {
      const { from, to } = spanOf(zset)
      return zset.deleteRange(from, to - from).length
    })
  }
}
