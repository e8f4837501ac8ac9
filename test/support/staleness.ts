import type { StampedWrite } from './stamped-writer.js'
import type { WatchedFlush, WatchedRead } from './watched-reads.js'

/** What was acknowledged under one key, in order. */
interface KeyWrites {
  readonly numbers: number[]
  readonly times: number[]
}

/** Tells how old the numbers were that were read, by when newer ones had been acknowledged. Pure. */
export class Acknowledged {
  readonly writes: readonly StampedWrite[]
  readonly #byKey = new Map<string, KeyWrites>()

  /** @param writes in the order of their acknowledgements */
  constructor(writes: readonly StampedWrite[]) {
    this.writes = writes
    for (const { key, number, acknowledgedAt } of writes) {
      const { numbers, times } = this.#of(key)
      numbers.push(number)
      times.push(acknowledgedAt)
    }
  }

  /** How long before the read a newer number had been acknowledged, in ms; 0 or less: none had. */
  staleness({ key, number, at }: Pick<WatchedRead, 'key' | 'number' | 'at'>): number {
    const { numbers, times } = this.#of(key)
    return at - (times[firstAbove(numbers, number)] ?? Infinity)
  }

  /**
   * For each write, how long after its acknowledgement somebody still read an older number, in ms; 0 where nobody did.
   */
  latenesses(reads: readonly WatchedRead[]): readonly number[] {
    const latest = new Map<string, number>()
    for (const read of reads) {
      const { numbers } = this.#of(read.key)
      const name = `${read.key} ${numbers[firstAbove(numbers, read.number)]}`
      latest.set(name, Math.max(latest.get(name) ?? 0, this.staleness(read)))
    }
    return this.writes.map(({ key, number }) => latest.get(`${key} ${number}`) ?? 0)
  }

  /** Reads that were asked for after a flush and found a number that was not the newest one before it any more. */
  staleAfter(flushes: readonly WatchedFlush[], reads: readonly WatchedRead[]): readonly WatchedRead[] {
    return flushes.flatMap(({ notBefore, notAfter }) =>
      reads.filter((read) => read.at > notAfter && this.staleness({ ...read, at: notBefore }) > 0),
    )
  }

  #of(key: string): KeyWrites {
    const own = this.#byKey.get(key) ?? { numbers: [], times: [] }
    this.#byKey.set(key, own)
    return own
  }
}

/** The place of the first number that is greater than another one; the length where none is. */
function firstAbove(ascending: readonly number[], bound: number): number {
  let [low, high] = [0, ascending.length]
  while (low < high) {
    const middle = (low + high) >> 1
    if ((ascending[middle] as number) > bound) high = middle
    else low = middle + 1
  }
  return low
}

/** What so great a part of the values is at most. */
export function quantile(values: readonly number[], part: number): number {
  const sorted = values.toSorted((one, other) => one - other)
  return sorted[Math.ceil(sorted.length * part) - 1] ?? 0
}
