import type { Value } from '../../clients/command.js'
import * as commands from '../../clients/commands/sorted-sets.js'
import { concatenated, sizeOf, total, whole } from '../../clients/split.js'
import { after, mapAll } from '../../promises.js'
import type { Key } from '../../keys/key-maker.js'
import { toWholeNumber } from '../../units.js'
import { isNone, listOf, pairsOf } from '../input.js'
import {
  noOptions,
  type CallOptions,
  type RangeOptions,
  type ReadOptions,
  type ScoreRangeOptions,
  type WithScoresOptions,
  type ZaddOptions,
} from '../options.js'
import { conditionsOf, rangeOf, rankOf, scoreBound, scoreOf, type ScoreBound } from '../scores.js'
import { describe, none, type Operation, type OperationTable } from '../operation.js'
import {
  callOptions,
  rangeOptions,
  readOptions,
  scoreRangeOptions,
  withScoresOptions,
  zaddOptions,
} from '../option-checks.js'
import { Operations } from './base.js'
import type { OperationContext } from './context.js'

const operations = describe({
  zadd: { takes: zaddOptions, outage: 0 },
  zrange: { takes: rangeOptions, outage: none },
  zrevrange: { takes: withScoresOptions, outage: none },
  zrangebyscore: { takes: scoreRangeOptions, outage: none },
  zrevrangebyscore: { takes: scoreRangeOptions, outage: none },
  zscore: { takes: readOptions, outage: undefined },
  zmscore: { takes: readOptions, outage: none },
  zrank: { takes: readOptions, outage: undefined },
  zrevrank: { takes: readOptions, outage: undefined },
  zrem: { takes: callOptions, outage: 0 },
  zcard: { takes: readOptions, outage: 0 },
  zcount: { takes: readOptions, outage: 0 },
  zincrby: { takes: callOptions, outage: undefined },
  zpopmin: { takes: callOptions, outage: none },
  zpopmax: { takes: callOptions, outage: none },
  zremrangebyrank: { takes: callOptions, outage: 0 },
  zremrangebyscore: { takes: callOptions, outage: 0 },
})

/** Sorted sets: members are values, compared by the bytes that they are stored as, in the order of their scores. */
export class SortedSets extends Operations {
  static readonly operations: OperationTable = operations

  /**
   * Gives members their scores. Resolves to how many of the members are new. Up to 10,000 members and 1 MiB are one
   * command, more of them leave in portions.
   * @example
   * await cache.zadd('ranking', [['ada', 10], ['grace', 12]])
   */
  async zadd(
    key: Key,
    scores: Iterable<readonly [member: unknown, score: number]>,
    options: ZaddOptions = noOptions,
  ): Promise<number> {
    const made = this.context.key(operations.zadd, key, options)
    const conditions = conditionsOf(options)
    const pairs = pairsOf<unknown, number>(scores, 'members and their scores')
    const scored = pairs.map(([member, score]) => [member, scoreOf(score)] as const)
    const encoded = mapAll(scored, ([member, score]) => scoredOf(this.context, member, score, made))
    if (isNone(encoded)) return 0
    return this.context.callMany(operations.zadd, options, made, encoded, {
      size: ([member]) => sizeOf(member),
      make: (part) => commands.zadd(made, part, conditions),
      join: total,
      undivided: whole,
    })
  }

  /**
   * Resolves to the members from one place to another, both included; -1 is the last. With `byScore` from one score to
   * another, of which `'(5'` leaves 5 itself out; with `rev` from the highest down, `start` being the higher one.
   * @example
   * const [first] = await cache.zrange<string>('ranking', 0, 0, { rev: true })
   */
  zrange<T>(
    key: Key,
    start: ScoreBound,
    stop: ScoreBound,
    options: RangeOptions & { readonly withScores: true },
  ): Promise<[member: T, score: number][]>
  zrange<T>(key: Key, start: ScoreBound, stop: ScoreBound, options?: RangeOptions): Promise<T[]>
  zrange<T>(key: Key, start: ScoreBound, stop: ScoreBound, options: RangeOptions = noOptions): Promise<Ranged<T>> {
    return rangeIn(this.context, operations.zrange, key, start, stop, options)
  }

  /** Resolves to the members from one place to another, counted from the highest score down. */
  zrevrange<T>(
    key: Key,
    start: number,
    stop: number,
    options: WithScoresOptions & { readonly withScores: true },
  ): Promise<[member: T, score: number][]>
  zrevrange<T>(key: Key, start: number, stop: number, options?: WithScoresOptions): Promise<T[]>
  zrevrange<T>(key: Key, start: number, stop: number, options: WithScoresOptions = noOptions): Promise<Ranged<T>> {
    return rangeIn(this.context, operations.zrevrange, key, start, stop, options, { rev: true })
  }

  /** Resolves to the members from a score to a higher one, both included; `'(5'` leaves 5 itself out. */
  zrangebyscore<T>(
    key: Key,
    min: ScoreBound,
    max: ScoreBound,
    options: ScoreRangeOptions & { readonly withScores: true },
  ): Promise<[member: T, score: number][]>
  zrangebyscore<T>(key: Key, min: ScoreBound, max: ScoreBound, options?: ScoreRangeOptions): Promise<T[]>
  zrangebyscore<T>(
    key: Key,
    min: ScoreBound,
    max: ScoreBound,
    options: ScoreRangeOptions = noOptions,
  ): Promise<Ranged<T>> {
    return rangeIn(this.context, operations.zrangebyscore, key, min, max, options, { byScore: true })
  }

  /** Resolves to the members from a score down to a lower one, both included. */
  zrevrangebyscore<T>(
    key: Key,
    max: ScoreBound,
    min: ScoreBound,
    options: ScoreRangeOptions & { readonly withScores: true },
  ): Promise<[member: T, score: number][]>
  zrevrangebyscore<T>(key: Key, max: ScoreBound, min: ScoreBound, options?: ScoreRangeOptions): Promise<T[]>
  zrevrangebyscore<T>(
    key: Key,
    max: ScoreBound,
    min: ScoreBound,
    options: ScoreRangeOptions = noOptions,
  ): Promise<Ranged<T>> {
    return rangeIn(this.context, operations.zrevrangebyscore, key, max, min, options, { byScore: true, rev: true })
  }

  /** Resolves to the score of a member, or to `undefined` when it is none. */
  async zscore(key: Key, member: unknown, options: ReadOptions = noOptions): Promise<number | undefined> {
    const made = this.context.key(operations.zscore, key, options)
    const encoded = this.context.codec.encodeMember(member, made)
    return this.context.callWith(operations.zscore, options, [made], encoded, (ready) => commands.zscore(made, ready))
  }

  /** Resolves to the scores of members in the order asked, `undefined` where one is no member. */
  async zmscore(
    key: Key,
    members: Iterable<unknown>,
    options: ReadOptions = noOptions,
  ): Promise<(number | undefined)[]> {
    const made = this.context.key(operations.zmscore, key, options)
    const asked = listOf(members, 'members')
    const encoded = this.context.encodeMembers(asked, made)
    if (isNone(encoded)) return []
    const found = await this.context.callMany(operations.zmscore, options, made, encoded, {
      size: sizeOf,
      make: (part) => commands.zmscore(made, part),
      join: concatenated,
    })
    return asked.map((_, index) => found[index])
  }

  /** Resolves to the place of a member from the lowest score on, from 0, or to `undefined` when it is none. */
  async zrank(key: Key, member: unknown, options: ReadOptions = noOptions): Promise<number | undefined> {
    const made = this.context.key(operations.zrank, key, options)
    const encoded = this.context.codec.encodeMember(member, made)
    return this.context.callWith(operations.zrank, options, [made], encoded, (ready) => commands.zrank(made, ready))
  }

  /** Resolves to the place of a member from the highest score on, from 0, or to `undefined` when it is none. */
  async zrevrank(key: Key, member: unknown, options: ReadOptions = noOptions): Promise<number | undefined> {
    const made = this.context.key(operations.zrevrank, key, options)
    const encoded = this.context.codec.encodeMember(member, made)
    return this.context.callWith(operations.zrevrank, options, [made], encoded, (ready) =>
      commands.zrevrank(made, ready),
    )
  }

  /** Removes members from a sorted set. Resolves to how many of them were there. */
  async zrem(key: Key, members: Iterable<unknown>, options: CallOptions = noOptions): Promise<number> {
    const made = this.context.key(operations.zrem, key, options)
    const encoded = this.context.encodeMembers(members, made)
    if (isNone(encoded)) return 0
    return this.context.callMany(operations.zrem, options, made, encoded, {
      size: sizeOf,
      make: (part) => commands.zrem(made, part),
      join: total,
    })
  }

  /** Resolves to how many members a sorted set has. */
  async zcard(key: Key, options: ReadOptions = noOptions): Promise<number> {
    return this.context.callOn(operations.zcard, key, options, (made) => commands.zcard(made))
  }

  /** Resolves to how many members have a score from `min` to `max`. */
  async zcount(key: Key, min: ScoreBound, max: ScoreBound, options: ReadOptions = noOptions): Promise<number> {
    const [from, to] = [scoreBound(min), scoreBound(max)]
    return this.context.callOn(operations.zcount, key, options, (made) => commands.zcount(made, from, to))
  }

  /** Adds to the score of a member, which starts from 0. Resolves to the new score. */
  async zincrby(key: Key, member: unknown, delta = 1, options: CallOptions = noOptions): Promise<number> {
    const made = this.context.key(operations.zincrby, key, options)
    const added = scoreOf(delta)
    const encoded = this.context.codec.encodeMember(member, made)
    const score = await this.context.callWith(operations.zincrby, options, [made], encoded, (ready) =>
      commands.zincrby(made, ready, added),
    )
    return score ?? added
  }

  /** Takes out the members with the lowest scores. Resolves to them with their scores. */
  zpopmin<T>(key: Key, count = 1, options: CallOptions = noOptions): Promise<[member: T, score: number][]> {
    return popFrom(this.context, operations.zpopmin, 'MIN', key, count, options)
  }

  /** Takes out the members with the highest scores. Resolves to them with their scores. */
  zpopmax<T>(key: Key, count = 1, options: CallOptions = noOptions): Promise<[member: T, score: number][]> {
    return popFrom(this.context, operations.zpopmax, 'MAX', key, count, options)
  }

  /** Removes the members from one place to another, both included. Resolves to how many these were. */
  async zremrangebyrank(key: Key, start: number, stop: number, options: CallOptions = noOptions): Promise<number> {
    const [from, to] = [rankOf(start), rankOf(stop)]
    return this.context.callOn(operations.zremrangebyrank, key, options, (made) =>
      commands.zremrangebyrank(made, from, to),
    )
  }

  /** Removes the members with a score from `min` to `max`. Resolves to how many these were. */
  async zremrangebyscore(
    key: Key,
    min: ScoreBound,
    max: ScoreBound,
    options: CallOptions = noOptions,
  ): Promise<number> {
    const [from, to] = [scoreBound(min), scoreBound(max)]
    return this.context.callOn(operations.zremrangebyscore, key, options, (made) =>
      commands.zremrangebyscore(made, from, to),
    )
  }
}

async function rangeIn<T>(
  context: OperationContext,
  operation: Operation<readonly never[]>,
  key: Key,
  start: ScoreBound,
  stop: ScoreBound,
  options: RangeOptions,
  order?: Pick<RangeOptions, 'byScore' | 'rev'>,
): Promise<Ranged<T>> {
  const made = context.key(operation, key, options)
  const range = rangeOf(start, stop, order === undefined ? options : { ...options, ...order })
  const { reads } = context.codec
  if (options.withScores) {
    const stored = await context.call(operation, options, () => commands.zrangeWithScores(made, range, reads))
    return context.reader.decodeScored<T>(operation, options, stored, made)
  }
  const stored = await context.call(operation, options, () => commands.zrange(made, range, reads))
  return context.reader.decodeAll<T>(operation, options, stored, made)
}

async function popFrom<T>(
  context: OperationContext,
  operation: Operation<readonly never[]>,
  end: 'MIN' | 'MAX',
  key: Key,
  count: number,
  options: CallOptions,
): Promise<[member: T, score: number][]> {
  const made = context.key(operation, key, options)
  const most = toWholeNumber(count, 0, 'count')
  const stored = await context.call(operation, options, () => commands.zpop(made, end, most, context.codec.reads))
  return context.reader.decodeScored<T>(operation, options, stored, made)
}

function scoredOf(
  context: OperationContext,
  member: unknown,
  score: number,
  key: string,
): commands.Scored | Promise<commands.Scored> {
  return after(context.codec.encodeMember(member, key), (encoded: Value): commands.Scored => [encoded, score])
}

type Ranged<T> = T[] | [member: T, score: number][]
