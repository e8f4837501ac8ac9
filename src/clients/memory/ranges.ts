import type { Binary } from './binary.js'
import { parseDouble, toNumber } from './numbers.js'
import { Refusal } from './refusal.js'
import type { Scored, SortedSet } from './sorted-set.js'

/** Ranks from one up to another that is not part of it; never backwards. */
export interface Span {
  readonly from: number
  readonly to: number
}

/** Reads the two ends of a range first: a bad one is refused whatever the set holds. */
export type SpanOf = (first: Binary, last: Binary) => (zset: SortedSet) => Span

/** By rank, less than 0 from the end. */
export const rankSpan: SpanOf = (first, last) => {
  const [start, stop] = [toNumber(first), toNumber(last)]
  return ({ size }) => {
    const from = Math.min(size, Math.max(0, start < 0 ? size + start : start))
    return { from, to: Math.max(from, Math.min(size, (stop < 0 ? size + stop : stop) + 1)) }
  }
}

/** By score: `(` in front leaves the end itself out. */
export const scoreSpan: SpanOf = (first, last) => {
  const [min, max] = [scoreEnd(first), scoreEnd(last)]
  const isBelow = ({ score }: Scored): boolean => (min.open ? score <= min.at : score < min.at)
  const isWithin = ({ score }: Scored): boolean => (max.open ? score < max.at : score <= max.at)
  return span(isBelow, isWithin)
}

/** By member, where scores are all the same: `[` with the end, `(` without it, `-` and `+` for no end at all. */
export const lexSpan: SpanOf = (first, last) => {
  const [min, max] = [lexEnd(first), lexEnd(last)]
  const isBelow = ({ member }: Scored): boolean => (min.open ? compare(member, min) <= 0 : compare(member, min) < 0)
  const isWithin = ({ member }: Scored): boolean => (max.open ? compare(member, max) < 0 : compare(member, max) <= 0)
  return span(isBelow, isWithin)
}

function span(isBelow: (scored: Scored) => boolean, isWithin: (scored: Scored) => boolean) {
  return (zset: SortedSet): Span => {
    const from = zset.countBelow(isBelow)
    return { from, to: Math.max(from, zset.countBelow(isWithin)) }
  }
}

interface ScoreEnd {
  readonly at: number
  readonly open: boolean
}

function scoreEnd(text: Binary): ScoreEnd {
  const open = text.startsWith('(')
  const at = parseDouble(open ? text.slice(1) : text)
  if (at === undefined) throw new Refusal('ERR min or max is not a float')
  return { at, open }
}

interface LexEnd {
  /** -1: before all, 1: after all. */
  readonly beyond: -1 | 0 | 1
  readonly at: Binary
  readonly open: boolean
}

function lexEnd(text: Binary): LexEnd {
  if (text === '-' || text === '+') return { beyond: text === '-' ? -1 : 1, at: '', open: false }
  if (!/^[[(]/.test(text)) throw new Refusal('ERR min or max not valid string range item')
  return { beyond: 0, at: text.slice(1), open: text.startsWith('(') }
}

function compare(member: Binary, { beyond, at }: LexEnd): number {
  if (beyond !== 0) return -beyond
  return member < at ? -1 : member > at ? 1 : 0
}
