import type { Milliseconds } from '../units.js'

/** How long something took, every time so far. */
export interface LatencyStats {
  readonly count: number
  /** All times together, in ms. */
  readonly sum: Milliseconds
  /** The longest, in ms. */
  readonly max: Milliseconds
  /** Half of them took no longer than this, in ms, or up to a quarter less. 0 when nothing was measured. */
  readonly p50: Milliseconds
  readonly p90: Milliseconds
  readonly p99: Milliseconds
  /** How many took less than a bound, in ms, and not less than the one before; those without any are left out. */
  readonly buckets: readonly (readonly [below: Milliseconds, count: number])[]
}

/**
 * Counts how often something took how long.
 * Shape: between powers of two there are four buckets, from 1/256 ms to a minute, so 0.25 ms and its doubles are bounds.
 * Hot path: `record` allocates nothing.
 */
export class Histogram {
  readonly #counts = new Float64Array(buckets)
  #sum: Milliseconds = 0
  #max: Milliseconds = 0

  record(took: Milliseconds): void {
    const bucket = bucketOf(took)
    this.#counts[bucket] = (this.#counts[bucket] as number) + 1
    this.#sum += took
    if (took > this.#max) this.#max = took
  }

  get stats(): LatencyStats {
    return summed([...this.#counts], this.#sum, this.#max)
  }
}

/** Joins what several histograms have measured. Pure. */
export function joined(all: readonly LatencyStats[]): LatencyStats {
  const counts = new Array<number>(buckets).fill(0)
  let [sum, max] = [0, 0]
  for (const one of all) {
    sum += one.sum
    max = Math.max(max, one.max)
    for (const [below, count] of one.buckets)
      counts[bucketBelow(below)] = (counts[bucketBelow(below)] as number) + count
  }
  return summed(counts, sum, max)
}

/** How many took less than a bound, which must be one of the buckets' own, such as 0.25 ms · 2^n. Pure. */
export function countBelow({ buckets: counted }: LatencyStats, bound: Milliseconds): number {
  return counted.reduce((total, [below, count]) => (below <= bound ? total + count : total), 0)
}

function summed(counts: readonly number[], sum: Milliseconds, max: Milliseconds): LatencyStats {
  const count = counts.reduce((total, one) => total + one, 0)
  const quantile = (share: number): Milliseconds => Math.min(max, boundOf(bucketAt(counts, share * count)))
  return {
    count,
    sum,
    max,
    p50: quantile(0.5),
    p90: quantile(0.9),
    p99: quantile(0.99),
    buckets: counts.flatMap((one, bucket) => (one === 0 ? [] : [[boundOf(bucket), one] as const])),
  }
}

/** The bucket in which the given place is, of all that was measured in its order. */
function bucketAt(counts: readonly number[], place: number): number {
  let passed = 0
  return counts.findIndex((count) => (passed += count) >= place)
}

/** The bucket of a time; what is none, and what is too long, has the first and the last. */
function bucketOf(took: Milliseconds): number {
  const units = Math.min(took * unitsInMs, longest)
  if (!(units >= 4)) return units > 0 ? Math.trunc(units) : 0
  const octave = 29 - Math.clz32(units)
  return (octave << 2) + (units >> octave)
}

/** What the times of a bucket are below, in ms. */
function boundOf(bucket: number): Milliseconds {
  if (bucket >= buckets - 1) return Infinity
  const next = bucket + 1
  return (next < 4 ? next : (4 + (next & 3)) * 2 ** ((next >> 2) - 1)) / unitsInMs
}

/** The bucket that a bound ends. */
function bucketBelow(bound: Milliseconds): number {
  return bound === Infinity ? buckets - 1 : bucketOf(bound) - 1
}

const unitsInMs = 1_024
/** What takes longer counts as this, which is a little more than a minute. */
const longest = 2 ** 26
const buckets = bucketOf(Infinity) + 1
