import type { Call, Value } from '../command.js'
import { read, write, type Decode, type Words } from './build.js'
import { count, number, optionalCount, optionalNumber, scored, values } from './replies.js'

/** A member with its score, as it travels. */
export type Scored = readonly [member: Value, score: number]

/** A score, or a text for one that is left out: `(5`. */
export type Bound = number | string

/** Which members are written. */
export type ZaddCondition = 'NX' | 'XX' | 'GT' | 'LT'

/** A part of a sorted set: by rank, or by score. */
export interface Range {
  readonly start: Bound
  readonly stop: Bound
  readonly byScore?: boolean | undefined
  /** From the highest score down; `start` is then the higher end. */
  readonly rev?: boolean | undefined
  readonly limit?: readonly [offset: number, count: number] | undefined
}

/** How many are new. */
export function zadd(key: string, members: readonly Scored[], conditions: readonly ZaddCondition[]): Call<number> {
  const pairs = members.flatMap(([member, score]) => [score, member])
  return write([key], ['ZADD', key, ...conditions, ...pairs], count)
}

export function zrange(key: string, range: Range, decode: Decode): Call<readonly Value[]> {
  return read([key], rangeWords(key, range), values, decode)
}

export function zrangeWithScores(key: string, range: Range, decode: Decode): Call<readonly Scored[]> {
  return read([key], [...rangeWords(key, range), 'WITHSCORES'], scored, decode)
}

function rangeWords(key: string, { start, stop, byScore, rev, limit }: Range): Words {
  const order = [...(byScore ? ['BYSCORE'] : []), ...(rev ? ['REV'] : [])]
  return ['ZRANGE', key, start, stop, ...order, ...(limit === undefined ? [] : ['LIMIT', ...limit])]
}

export function zscore(key: string, member: Value): Call<number | undefined> {
  return read([key], ['ZSCORE', key, member], optionalNumber)
}

export function zmscore(key: string, members: readonly Value[]): Call<readonly (number | undefined)[]> {
  return read([key], ['ZMSCORE', key, ...members], (raw) => (raw as (number | null)[]).map(optionalNumber))
}

/** The place from the lowest score on, from 0. */
export function zrank(key: string, member: Value): Call<number | undefined> {
  return read([key], ['ZRANK', key, member], optionalCount)
}

/** The place from the highest score on, from 0. */
export function zrevrank(key: string, member: Value): Call<number | undefined> {
  return read([key], ['ZREVRANK', key, member], optionalCount)
}

/** How many were there. */
export function zrem(key: string, members: readonly Value[]): Call<number> {
  return write([key], ['ZREM', key, ...members], count)
}

export function zcard(key: string): Call<number> {
  return read([key], ['ZCARD', key], count)
}

export function zcount(key: string, min: Bound, max: Bound): Call<number> {
  return read([key], ['ZCOUNT', key, min, max], count)
}

/** The new score; an absent member starts from 0. */
export function zincrby(key: string, member: Value, delta: number): Call<number> {
  return write([key], ['ZINCRBY', key, delta, member], number)
}

/** Taken out, from the lowest score (`MIN`) or the highest (`MAX`) on. */
export function zpop(key: string, end: 'MIN' | 'MAX', most: number, decode: Decode): Call<readonly Scored[]> {
  return write([key], [`ZPOP${end}`, key, most], scored, decode)
}

export function zremrangebyrank(key: string, start: number, stop: number): Call<number> {
  return write([key], ['ZREMRANGEBYRANK', key, start, stop], count)
}

export function zremrangebyscore(key: string, min: Bound, max: Bound): Call<number> {
  return write([key], ['ZREMRANGEBYSCORE', key, min, max], count)
}
