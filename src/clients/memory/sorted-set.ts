import type { Binary } from './binary.js'

export interface Scored {
  readonly member: Binary
  readonly score: number
}

/**
 * Members in the order of their scores; those with the same score in the order of their bytes.
 * Shape: a map for scores and a sorted array for ranks. Putting into a large array moves memory, which a processor does
 * faster than it follows the links of a tree.
 */
export class SortedSet {
  readonly #scores = new Map<Binary, number>()
  #sorted: Scored[] = []
  /** Of its members, and of what keeping them takes. */
  bytes: number = emptyBytes

  get size(): number {
    return this.#scores.size
  }

  score(member: Binary): number | undefined {
    return this.#scores.get(member)
  }

  set(member: Binary, score: number): void {
    this.delete(member)
    const scored = { member, score: score + 0 }
    this.#sorted.splice(this.#placeOf(scored), 0, scored)
    this.#scores.set(member, scored.score)
    this.bytes += bytesOf(member)
  }

  delete(member: Binary): boolean {
    const score = this.#scores.get(member)
    if (score === undefined) return false
    this.deleteRange(this.#placeOf({ member, score }), 1)
    return true
  }

  /** Deletes those of these members that are there, many of them in one pass. Returns how many that were. */
  deleteAll(members: readonly Binary[]): number {
    const before = this.size
    if (members.length < many) for (const member of members) this.delete(member)
    else {
      for (const member of members) this.#forget(member)
      this.#sorted = this.#sorted.filter(({ member }) => this.#scores.has(member))
    }
    return before - this.size
  }

  /** Takes out `count` members from a rank on. */
  deleteRange(from: number, count: number): readonly Scored[] {
    const removed = this.#sorted.splice(from, count)
    for (const { member } of removed) this.#forget(member)
    return removed
  }

  rank(member: Binary): number | undefined {
    const score = this.#scores.get(member)
    return score === undefined ? undefined : this.#placeOf({ member, score })
  }

  /** From a rank on, up to another one that is not part of it. */
  slice(from?: number, to?: number): readonly Scored[] {
    return this.#sorted.slice(from, to)
  }

  /** How many stand before the first that is not below. */
  countBelow(isBelow: (scored: Scored) => boolean): number {
    let [low, high] = [0, this.#sorted.length]
    while (low < high) {
      const middle = (low + high) >>> 1
      if (isBelow(this.#sorted[middle] as Scored)) low = middle + 1
      else high = middle
    }
    return low
  }

  #forget(member: Binary): void {
    if (this.#scores.delete(member)) this.bytes -= bytesOf(member)
  }

  #placeOf({ member, score }: Scored): number {
    return this.countBelow((other) => other.score < score || (other.score === score && other.member < member))
  }
}

function bytesOf(member: Binary): number {
  return member.length + memberBytes
}

/** From how many members on a pass over all costs less than to take out each. */
const many = 100

/** What they take beside their own bytes, measured on Node 20. */
const emptyBytes = 300
const memberBytes = 140
