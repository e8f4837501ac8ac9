import type { Milliseconds } from '../../units.js'

/** A sentinel's answer, as far as majorities are concerned. */
export interface Vote {
  /** The sentinel's run id, so that one that is reached by two addresses votes once. */
  readonly voter: string
  readonly epoch: number
  /** How many sentinels it knows, itself included. */
  readonly electorate: number
  /** When it answered. */
  readonly at: Milliseconds
  /** Whether it answered when it was last asked. */
  readonly current: boolean
}

/** The latest answer of each sentinel. Pure. */
export function latestOfEach<V extends Pick<Vote, 'voter' | 'at'>>(votes: readonly V[]): readonly V[] {
  const latest = new Map<string, V>()
  for (const vote of votes) if (vote.at >= (latest.get(vote.voter)?.at ?? -Infinity)) latest.set(vote.voter, vote)
  return [...latest.values()]
}

/**
 * How many sentinels there are, and when a majority of them last answered.
 * The number is what the sentinels themselves count (`num-other-sentinels` and one), so it is the same whether they
 * answer us or not; the highest of those that answer counts, for one that has just started knows few of the others. One
 * of an older epoch than ours is left out for the same reason.
 */
export class Electorate {
  #size: number
  #quorate = false
  #quorateAt: Milliseconds = -Infinity

  /** @param size how many there are as long as none has answered */
  constructor(size: number) {
    this.#size = size
  }

  /** While nobody answers it is as it was last. */
  get size(): number {
    return this.#size
  }

  /** Whether more than half of them answered when they were last asked. */
  get quorate(): boolean {
    return this.#quorate
  }

  /** When more than half of them had last answered; `-Infinity` before. */
  get quorateAt(): Milliseconds {
    return this.#quorateAt
  }

  /** Counts anew. @param epoch the epoch that we act on */
  count(votes: readonly Vote[], epoch: number): void {
    const latest = latestOfEach(votes)
    const current = latest.filter((vote) => vote.current)
    const sizes = current.filter((vote) => vote.epoch >= epoch).map(({ electorate }) => electorate)
    if (sizes.length > 0) this.#size = Math.max(...sizes)
    this.#quorate = current.length * 2 > this.#size
    this.#quorateAt = Math.max(this.#quorateAt, majorityTime(latest, this.#size))
  }
}

/** When the last one answered that makes the others a majority. */
function majorityTime(votes: readonly Vote[], size: number): Milliseconds {
  const times = votes.map(({ at }) => at).sort((one, other) => other - one)
  return times[Math.floor(size / 2)] ?? -Infinity
}
