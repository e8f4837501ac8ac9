import type { Bound, Range, ZaddCondition } from '../clients/commands/sorted-sets.js'
import { ConfigurationError } from '../errors.js'
import { show, toWholeNumber } from '../units.js'
import { exclusive } from './input.js'
import type { RangeOptions, ZaddOptions } from './options.js'

/** An end of a range of scores, or a place; `'(5'` leaves the 5 itself out, `Infinity` is the last. */
export type ScoreBound = number | `(${number}`

/** @throws {TypeError} what is not a number; ±Infinity is one */
export function scoreOf(score: number): number {
  if (typeof score === 'number' && !Number.isNaN(score)) return score
  throw new TypeError(`A score must be a number, got ${show(score)}.`)
}

/** @throws {TypeError} what is neither a number nor one that is left out */
export function scoreBound(bound: ScoreBound): Bound {
  if (typeof bound === 'string' && leftOut.test(bound)) return bound
  if (typeof bound === 'number' && !Number.isNaN(bound)) return bound
  throw new TypeError(`The end of a range must be a number, or '(5' to leave it out, got ${show(bound)}.`)
}

/** @throws {TypeError} what is no place in a sorted set; -1 is the last */
export function rankOf(place: ScoreBound): number {
  if (Number.isSafeInteger(place)) return place as number
  throw new TypeError(`A place in a sorted set must be a whole number, got ${show(place)}.`)
}

/** @throws {TypeError | ConfigurationError} what is no range */
export function rangeOf(start: ScoreBound, stop: ScoreBound, options: RangeOptions): Range {
  const { byScore = false, rev = false, offset = 0, count } = options
  if (byScore) return { start: scoreBound(start), stop: scoreBound(stop), byScore, rev, limit: limitOf(offset, count) }
  if (offset !== 0 || count !== undefined)
    throw new ConfigurationError('count', 'offset and count go with byScore; ranks say where to begin and end')
  return { start: rankOf(start), stop: rankOf(stop), rev }
}

/** @throws {ConfigurationError} E_CONFIG when conditions exclude each other */
export function conditionsOf(options: ZaddOptions): readonly ZaddCondition[] {
  exclusive(options, 'nx', 'gt', 'lt')
  return [exclusive(options, 'nx', 'xx'), exclusive(options, 'gt', 'lt')].flatMap((name) =>
    name === undefined ? [] : [conditions[name]],
  )
}

function limitOf(offset: number, count = -1): Range['limit'] {
  if (offset === 0 && count === -1) return undefined
  return [toWholeNumber(offset, 0, 'offset'), toWholeNumber(count, -1, 'count')]
}

const conditions = { nx: 'NX', xx: 'XX', gt: 'GT', lt: 'LT' } as const
const leftOut = /^\(-?(?:\d+(?:\.\d+)?(?:e[+-]?\d+)?|Infinity|inf)$/i
