import type { Value } from '../../clients/command.js'
import * as commands from '../../clients/commands/sorted-sets.js'
import { after } from '../../codec/stages.js'
import type { Key } from '../../keys/key-maker.js'
import { toWholeNumber } from '../../units.js'
import { listOf, pairsOf } from '../input.js'
import type { CallOptions, RangeOptions, ReadOptions, ScoreRangeOptions, ZaddOptions } from '../options.js'
import { conditionsOf, rangeOf, rankOf, scoreBound, scoreOf, type ScoreBound } from '../scores.js'
import { allReady, isNone } from '../all-ready.js'
import { Hashes } from './hashes.js'

/** Sorted sets: members are values, compared by the bytes that they are stored as, in the order of their scores. */
export abstract class SortedSets extends Hashes {
  /** Gives members their scores; how many of them are new. */
  async zadd(
    key: Key,
    scores: Iterable<readonly [member: unknown, score: number]>,
    options: ZaddOptions = {},
  ): Promise<number> {
    const made = this.makeKey(key, options)
    const conditions = conditionsOf(options)
    const pairs = pairsOf<unknown, number>(scores, 'members and their scores')
    const encoded = allReady(pairs.map(([member, score]) => this.#scored(member, scoreOf(score), made)))
    if (isNone(encoded)) return 0
    return this.callWith('zadd', options, encoded, (ready) => commands.zadd(made, ready, conditions))
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
    return this.#range('zrange', key, start, stop, options)
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
    return this.#range('zrevrange', key, start, stop, { ...options, rev: true })
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
    return this.#range('zrangebyscore', key, min, max, { ...options, byScore: true })
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
    return this.#range('zrevrangebyscore', key, max, min, { ...options, byScore: true, rev: true })
  }

  /** The score of a member, or `undefined`. */
  async zscore(key: Key, member: unknown, options: ReadOptions = {}): Promise<number | undefined> {
    const made = this.makeKey(key, options)
    const encoded = this.parts.codec.encodeMember(member, made)
    return this.callWith('zscore', options, encoded, (ready) => commands.zscore(made, ready))
  }

  /** The scores of members in the order asked, `undefined` where one is no member. */
  async zmscore(key: Key, members: Iterable<unknown>, options: ReadOptions = {}): Promise<(number | undefined)[]> {
    const made = this.makeKey(key, options)
    const asked = listOf(members, 'members')
    const encoded = this.encodeMembers(asked, made)
    if (isNone(encoded)) return []
    const found = await this.callWith('zmscore', options, encoded, (ready) => commands.zmscore(made, ready))
    return asked.map((_, index) => found[index])
  }

  /** The place of a member from the lowest score on, from 0; or `undefined`. */
  async zrank(key: Key, member: unknown, options: ReadOptions = {}): Promise<number | undefined> {
    const made = this.makeKey(key, options)
    const encoded = this.parts.codec.encodeMember(member, made)
    return this.callWith('zrank', options, encoded, (ready) => commands.zrank(made, ready))
  }

  /** The place of a member from the highest score on, from 0; or `undefined`. */
  async zrevrank(key: Key, member: unknown, options: ReadOptions = {}): Promise<number | undefined> {
    const made = this.makeKey(key, options)
    const encoded = this.parts.codec.encodeMember(member, made)
    return this.callWith('zrevrank', options, encoded, (ready) => commands.zrevrank(made, ready))
  }

  /** How many of them were there. */
  async zrem(key: Key, members: Iterable<unknown>, options: CallOptions = {}): Promise<number> {
    const made = this.makeKey(key, options)
    const encoded = this.encodeMembers(members, made)
    if (isNone(encoded)) return 0
    return this.callWith('zrem', options, encoded, (ready) => commands.zrem(made, ready))
  }

  /** How many members it has. */
  async zcard(key: Key, options: ReadOptions = {}): Promise<number> {
    return this.call('zcard', options, () => commands.zcard(this.makeKey(key, options)))
  }

  /** How many members have a score from `min` to `max`. */
  async zcount(key: Key, min: ScoreBound, max: ScoreBound, options: ReadOptions = {}): Promise<number> {
    const [from, to] = [scoreBound(min), scoreBound(max)]
    return this.call('zcount', options, () => commands.zcount(this.makeKey(key, options), from, to))
  }

  /** Adds to the score of a member, which starts from 0; the new score. */
  async zincrby(key: Key, member: unknown, delta = 1, options: CallOptions = {}): Promise<number> {
    const made = this.makeKey(key, options)
    const added = scoreOf(delta)
    const encoded = this.parts.codec.encodeMember(member, made)
    const score = await this.callWith('zincrby', options, encoded, (ready) => commands.zincrby(made, ready, added))
    return score ?? added
  }

  /** Takes out the members with the lowest scores, with these. */
  zpopmin<T>(key: Key, count = 1, options: CallOptions = {}): Promise<[member: T, score: number][]> {
    return this.#pop('zpopmin', 'MIN', key, count, options)
  }

  /** Takes out the members with the highest scores, with these. */
  zpopmax<T>(key: Key, count = 1, options: CallOptions = {}): Promise<[member: T, score: number][]> {
    return this.#pop('zpopmax', 'MAX', key, count, options)
  }

  /** Removes the members from one place to another, both included; how many these were. */
  async zremrangebyrank(key: Key, start: number, stop: number, options: CallOptions = {}): Promise<number> {
    const [from, to] = [rankOf(start), rankOf(stop)]
    return this.call('zremrangebyrank', options, () => commands.zremrangebyrank(this.makeKey(key, options), from, to))
  }

  /** Removes the members with a score from `min` to `max`; how many these were. */
  async zremrangebyscore(key: Key, min: ScoreBound, max: ScoreBound, options: CallOptions = {}): Promise<number> {
    const [from, to] = [scoreBound(min), scoreBound(max)]
    return this.call('zremrangebyscore', options, () => commands.zremrangebyscore(this.makeKey(key, options), from, to))
  }

  async #range<T>(
    operation: 'zrange' | 'zrevrange' | 'zrangebyscore' | 'zrevrangebyscore',
    key: Key,
    start: ScoreBound,
    stop: ScoreBound,
    options: RangeOptions,
  ): Promise<Ranged<T>> {
    const made = this.makeKey(key, options)
    const range = rangeOf(start, stop, options)
    const { reads } = this.parts.codec
    if (options.withScores) {
      const stored = await this.call(operation, options, () => commands.zrangeWithScores(made, range, reads))
      return this.decodeScored<T>(operation, stored, made)
    }
    const stored = await this.call(operation, options, () => commands.zrange(made, range, reads))
    return this.decodeAll<T>(operation, stored, made)
  }

  async #pop<T>(
    operation: 'zpopmin' | 'zpopmax',
    end: 'MIN' | 'MAX',
    key: Key,
    count: number,
    options: CallOptions,
  ): Promise<[member: T, score: number][]> {
    const made = this.makeKey(key, options)
    const most = toWholeNumber(count, 0, 'count')
    const stored = await this.call(operation, options, () => commands.zpop(made, end, most, this.parts.codec.reads))
    return this.decodeScored<T>(operation, stored, made)
  }

  #scored(member: unknown, score: number, key: string): commands.Scored | Promise<commands.Scored> {
    return after(this.parts.codec.encodeMember(member, key), (encoded: Value): commands.Scored => [encoded, score])
  }
}

type Ranged<T> = T[] | [member: T, score: number][]
