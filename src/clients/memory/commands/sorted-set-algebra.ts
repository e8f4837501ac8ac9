import type { Reply } from '../../../connection/connection.js'
import type { Binary } from '../binary.js'
import { readOptions, type Commands, type OptionMeanings, type Run } from '../command.js'
import type { Keyspace } from '../keyspace.js'
import { toDouble, toNumber } from '../numbers.js'
import { Refusal, syntaxError, wrongType } from '../refusal.js'
import { SortedSet, type Scored } from '../sorted-set.js'
import { limitOf } from './sets.js'
import { store } from './sorted-set-ranges.js'
import { withScores } from './sorted-sets.js'

export const sortedSetAlgebraCommands: Commands = {
  ZUNION: [-3, combined('zunion', union)],
  ZINTER: [-3, combined('zinter', intersection)],
  ZDIFF: [-3, combined('zdiff', difference)],
  ZUNIONSTORE: [-4, stored('zunionstore', union)],
  ZINTERSTORE: [-4, stored('zinterstore', intersection)],
  ZDIFFSTORE: [-4, stored('zdiffstore', difference)],
  ZINTERCARD: [-3, intersectionSize],
}

type Scores = ReadonlyMap<Binary, number>
type Add = (one: number, other: number) => number
type Combine = (sources: readonly Scores[], add: Add) => Scores

function combined(name: string, combine: Combine): Run {
  return (keyspace, args) => {
    const { sources, words } = sourcesOf(keyspace, name, args)
    let scores = false
    const found = combine(...readQuery(sources, words, combine, { WITHSCORES: () => (scores = true) }))
    return scores ? withScores(sorted(found)) : sorted(found).map(({ member }) => member)
  }
}

function stored(name: string, combine: Combine): Run {
  return (keyspace, [to = '', ...args]) => {
    const { sources, words } = sourcesOf(keyspace, name, args)
    return store(keyspace, to, sorted(combine(...readQuery(sources, words, combine))))
  }
}

function intersectionSize(keyspace: Keyspace, args: readonly Binary[]): Reply {
  const { sources, words } = sourcesOf(keyspace, 'zintercard', args)
  return Math.min(limitOf(words), intersection(sources, Math.max).size)
}

function union(sources: readonly Scores[], add: Add): Scores {
  const result = new Map<Binary, number>()
  for (const source of sources) {
    for (const [member, score] of source) {
      const before = result.get(member)
      result.set(member, before === undefined ? score : add(before, score))
    }
  }
  return result
}

function intersection([first = new Map(), ...others]: readonly Scores[], add: Add): Scores {
  const common = [...first].filter(([member]) => others.every((source) => source.has(member)))
  return new Map(
    common.map(([member, score]) => {
      const scores = others.map((source) => source.get(member) as number)
      return [member, scores.reduce((one, other) => add(one, other), score)]
    }),
  )
}

function difference([first = new Map(), ...others]: readonly Scores[]): Scores {
  return new Map([...first].filter(([member]) => !others.some((source) => source.has(member))))
}

/** The keys that were counted out, sorted sets or sets, and the words behind them. */
function sourcesOf(
  keyspace: Keyspace,
  name: string,
  [count = '', ...rest]: readonly Binary[],
): { sources: readonly Scores[]; words: readonly Binary[] } {
  const keys = toNumber(count)
  if (keys < 1) throw new Refusal(`ERR at least 1 input key is needed for '${name}' command`)
  if (keys > rest.length) throw syntaxError()
  return { sources: rest.slice(0, keys).map((key) => scoresOf(keyspace, key)), words: rest.slice(keys) }
}

function scoresOf(keyspace: Keyspace, key: Binary): Scores {
  const value = keyspace.find(key)?.value ?? new SortedSet()
  if (value instanceof SortedSet) return new Map(value.slice().map(({ member, score }) => [member, score]))
  if (value instanceof Set) return new Map(Array.from(value, (member) => [member, 1]))
  throw wrongType()
}

function readQuery(
  sources: readonly Scores[],
  words: readonly Binary[],
  combine: Combine,
  more: OptionMeanings = {},
): [readonly Scores[], Add] {
  let [weighted, add] = [sources, adds['SUM'] as Add]
  const weigh = (next: () => Binary): void => {
    const weights = sources.map(() => next())
    weighted = sources.map((source, index) => timesWeight(source, toDouble(weights[index] as Binary, notAWeight)))
  }
  const aggregate = (next: () => Binary): void => {
    const chosen = adds[next().toUpperCase()]
    if (chosen === undefined) throw syntaxError()
    add = chosen
  }
  readOptions(words, { ...(combine !== difference && { WEIGHTS: weigh, AGGREGATE: aggregate }), ...more })
  return [weighted, add]
}

function timesWeight(source: Scores, weight: number): Scores {
  return new Map(Array.from(source, ([member, score]) => [member, orZero(score * weight)]))
}

const adds: Readonly<Record<string, Add>> = {
  SUM: (one, other) => orZero(one + other),
  MIN: Math.min,
  MAX: Math.max,
}

/** What is no number, such as an infinity less another, counts for nothing. */
function orZero(score: number): number {
  return Number.isNaN(score) ? 0 : score
}

function sorted(scores: Scores): readonly Scored[] {
  const zset = new SortedSet()
  for (const [member, score] of scores) zset.set(member, score)
  return zset.slice()
}

const notAWeight = 'ERR weight value is not a float'
