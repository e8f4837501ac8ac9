import type { Value } from '../../clients/command.js'
import * as commands from '../../clients/commands/sorted-sets.js'
import { after } from '../../codec/stages.js'
import type { Key } from '../../keys/key-maker.js'
import { toWholeNumber } from '../../units.js'
import { listOf, pairsOf } from '../input.js'
import type { CallOptions, RangeOptions, ReadOptions, ScoreRangeOptions, ZaddOptions } from '../options.js'
import { conditionsOf, rangeOf, rankOf, scoreBound, scoreOf, type ScoreBound } from '../scores.js'
import { allReady, isNone } from '../all-ready.js'
import { describe, none, type Operation, type OperationTable } from '../operation.js'
import { Operations } from './base.js'
import type { OperationContext } from './context.js'

const operations = describe({
  zadd: { outage: 0 },
  zrange: { outage: none },
  zrevrange: { outage: none },
  zrangebyscore: { outage: none },
  zrevrangebyscore: { outage: none },
  zscore: { outage: undefined },
  zmscore: { outage: none },
  zrank: { outage: undefined },
  zrevrank: { outage: undefined },
  zrem: { outage: 0 },
  zcard: { outage: 0 },
  zcount: { outage: 0 },
  zincrby: { outage: undefined },
  zpopmin: { outage: none },
  zpopmax: { outage: none },
  zremrangebyrank: { outage: 0 },
  zremrangebyscore: { outage: 0 },
})

/** Sorted sets: members are values, compared by the bytes that they are stored as, in the order of their scores. */
export class SortedSets extends Operations {
  static readonly operations: OperationTable = operations

  /** Gives members their scores; how many of them are new. */
  async zadd(
    key: Key,
    scores: Iterable<readonly [member: unknown, score: number]>,
    options: ZaddOptions = {},
  ): Promise<number> {
    const made = this.context.key(key, options)
    const conditions = conditionsOf(options)
    const pairs = pairsOf<unknown, number>(scores, 'members and their scores')
    const encoded = allReady(pairs.map(([member, score]) => scoredOf(this.context, member, scoreOf(score), made)))
    if (isNone(encoded)) return 0
    return this.context.callWith(operations.zadd, options, encoded, (ready) => commands.zadd(made, ready, conditions))
  }

  /**
   * Members from one place to another, both included; -1 is the last. With `byScore` from one score to another, of which
   * `'(5'` leaves 5 itself out; with `rev` from the highest down, `start` being the higher one.
   */
  zrange<T>(
    key: Key,
    start: ScoreBound,
    stop: ScoreBound,
    options: RangeOptions & { readonly withScores: true },
  ): Promise<[member: T, score: number][]>
  zrange<T>(key: Key, start: ScoreBound, stop: ScoreBound, options?: RangeOptions): Promise<T[]>
  zrange<T>(key: Key, start: ScoreBound, stop: ScoreBound, options: RangeOptions = {}): Promise<Ranged<T>> {
    return rangeIn(this.context, operations.zrange, key, start, stop, options)
  }

  /** As {@link zrange}, from the highest score down. */
  zrevrange<T>(
    key: Key,
    start: number,
    stop: number,
    options: ReadOptions & { readonly withScores: true },
  ): Promise<[member: T, score: number][]>
  zrevrange<T>(key: Key, start: number, stop: number, options?: ReadOptions): Promise<T[]>
  zrevrange<T>(key: Key, start: number, stop: number, options: ScoreRangeOptions = {}): Promise<Ranged<T>> {
    return rangeIn(this.context, operations.zrevrange, key, start, stop, { ...options, rev: true })
  }

  /** Members from a score to a higher one, both included; `'(5'` leaves 5 itself out. */
  zrangebyscore<T>(
    key: Key,
    min: ScoreBound,
    max: ScoreBound,
    options: ScoreRangeOptions & { readonly withScores: true },
  ): Promise<[member: T, score: number][]>
  zrangebyscore<T>(key: Key, min: ScoreBound, max: ScoreBound, options?: ScoreRangeOptions): Promise<T[]>
  zrangebyscore<T>(key: Key, min: ScoreBound, max: ScoreBound, options: ScoreRangeOptions = {}): Promise<Ranged<T>> {
    return rangeIn(this.context, operations.zrangebyscore, key, min, max, { ...options, byScore: true })
  }

  /** Members from a score down to a lower one, both included. */
  zrevrangebyscore<T>(
    key: Key,
    max: ScoreBound,
    min: ScoreBound,
    options: ScoreRangeOptions & { readonly withScores: true },
  ): Promise<[member: T, score: number][]>
  zrevrangebyscore<T>(key: Key, max: ScoreBound, min: ScoreBound, options?: ScoreRangeOptions): Promise<T[]>
  zrevrangebyscore<T>(key: Key, max: ScoreBound, min: ScoreBound, options: ScoreRangeOptions = {}): Promise<Ranged<T>> {
    return rangeIn(this.context, operations.zrevrangebyscore, key, max, min, { ...options, byScore: true, rev: true })
  }

  /** The score of a member, or `undefined`. */
  async zscore(key: Key, member: unknown, options: ReadOptions = {}): Promise<number | undefined> {
    const made = this.context.key(key, options)
    const encoded = this.context.codec.encodeMember(member, made)
    return this.context.callWith(operations.zscore, options, encoded, (ready) => commands.zscore(made, ready))
  }

  /** The scores of members in the order asked, `undefined` where one is no member. */
  async zmscore(key: Key, members: Iterable<unknown>, options: ReadOptions = {}): Promise<(number | undefined)[]> {
    const made = this.context.key(key, options)
    const asked = listOf(members, 'members')
    const encoded = this.context.encodeMembers(asked, made)
    if (isNone(encoded)) return []
    const found = await this.context.callWith(operations.zmscore, options, encoded, (ready) =>
      commands.zmscore(made, ready),
    )
    return asked.map((_, index) => found[index])
  }

  /** The place of a member from the lowest score on, from 0; or `undefined`. */
  async zrank(key: Key, member: unknown, options: ReadOptions = {}): Promise<number | undefined> {
    const made = this.context.key(key, options)
    const encoded = this.context.codec.encodeMember(member, made)
    return this.context.callWith(operations.zrank, options, encoded, (ready) => commands.zrank(made, ready))
  }

  /** The place of a member from the highest score on, from 0; or `undefined`. */
  async zrevrank(key: Key, member: unknown, options: ReadOptions = {}): Promise<number | undefined> {
    const made = this.context.key(key, options)
    const encoded = this.context.codec.encodeMember(member, made)
    return this.context.callWith(operations.zrevrank, options, encoded, (ready) => commands.zrevrank(made, ready))
  }

  /** How many of them were there. */
  async zrem(key: Key, members: Iterable<unknown>, options: CallOptions = {}): Promise<number> {
    const made = this.context.key(key, options)
    const encoded = this.context.encodeMembers(members, made)
    if (isNone(encoded)) return 0
    return this.context.callWith(operations.zrem, options, encoded, (ready) => commands.zrem(made, ready))
  }

  /** How many members it has. */
  async zcard(key: Key, options: ReadOptions = {}): Promise<number> {
    return this.context.call(operations.zcard, options, () => commands.zcard(this.context.key(key, options)))
  }

  /** How many members have a score from `min` to `max`. */
  async zcount(key: Key, min: ScoreBound, max: ScoreBound, options: ReadOptions = {}): Promise<number> {
    const [from, to] = [scoreBound(min), scoreBound(max)]
    return this.context.call(operations.zcount, options, () =>
      commands.zcount(this.context.key(key, options), from, to),
    )
  }

  /** Adds to the score of a member, which starts from 0; the new score. */
  async zincrby(key: Key, member: unknown, delta = 1, options: CallOptions = {}): Promise<number> {
    const made = this.context.key(key, options)
    const added = scoreOf(delta)
    const encoded = this.context.codec.encodeMember(member, made)
    const score = await this.context.callWith(operations.zincrby, options, encoded, (ready) =>
      commands.zincrby(made, ready, added),
    )
    return score ?? added
  }

  /** Takes out the members with the lowest scores, with these. */
  zpopmin<T>(key: Key, count = 1, options: CallOptions = {}): Promise<[member: T, score: number][]> {
    return popFrom(this.context, operations.zpopmin, 'MIN', key, count, options)
  }

  /** Takes out the members with the highest scores, with these. */
  zpopmax<T>(key: Key, count = 1, options: CallOptions = {}): Promise<[member: T, score: number][]> {
    return popFrom(this.context, operations.zpopmax, 'MAX', key, count, options)
  }

  /** Removes the members from one place to another, both included; how many these were. */
  async zremrangebyrank(key: Key, start: number, stop: number, options: CallOptions = {}): Promise<number> {
    const [from, to] = [rankOf(start), rankOf(stop)]
    return this.context.call(operations.zremrangebyrank, options, () =>
      commands.zremrangebyrank(this.context.key(key, options), from, to),
    )
  }

  /** Removes the members with a score from `min` to `max`; how many these were. */
  async zremrangebyscore(key: Key, min: ScoreBound, max: ScoreBound, options: CallOptions = {}): Promise<number> {
    const [from, to] = [scoreBound(min), scoreBound(max)]
    return this.context.call(operations.zremrangebyscore, options, () =>
      commands.zremrangebyscore(this.context.key(key, options), from, to),
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
): Promise<Ranged<T>> {
  const made = context.key(key, options)
  const range = rangeOf(start, stop, options)
  const { reads } = context.codec
  if (options.withScores) {
    const stored = await context.call(operation, options, () => commands.zrangeWithScores(made, range, reads))
    return context.decodeScored<T>(operation, stored, made)
  }
  const stored = await context.call(operation, options, () => commands.zrange(made, range, reads))
  return context.decodeAll<T>(operation, stored, made)
}

async function popFrom<T>(
  context: OperationContext,
  operation: Operation<readonly never[]>,
  end: 'MIN' | 'MAX',
  key: Key,
  count: number,
  options: CallOptions,
): Promise<[member: T, score: number][]> {
  const made = context.key(key, options)
  const most = toWholeNumber(count, 0, 'count')
  const stored = await context.call(operation, options, () => commands.zpop(made, end, most, context.codec.reads))
  return context.decodeScored<T>(operation, stored, made)
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
