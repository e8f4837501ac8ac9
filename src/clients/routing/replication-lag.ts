import type { Milliseconds } from '../../units.js'

interface Sample {
  readonly at: Milliseconds
  readonly offset: number
}

/**
 * How far replicas are behind, as time: how long ago the primary was where a replica is now.
 * Shape: the primary's offset at its last heartbeats, so it is right to one of their intervals.
 */
export class ReplicationLag {
  #samples: readonly Sample[] = []

  /** The primary's offset; one that steps back belongs to another primary. */
  note(offset: number, at: Milliseconds): void {
    const last = this.#samples.at(-1)
    const kept = last !== undefined && offset < last.offset ? [] : this.#samples.slice(1 - most)
    this.#samples = [...kept, { at, offset }]
  }

  /** In ms; `undefined` while nothing is known of the primary. Once too far back it is the oldest that is known. */
  of(offset: number, at: Milliseconds): Milliseconds | undefined {
    if (this.#samples.length === 0) return undefined
    const missed = this.#samples.find((sample) => sample.offset > offset)
    return missed === undefined ? 0 : Math.max(0, at - missed.at)
  }
}

/** Half a minute of heartbeats. */
const most = 120
