import type { Milliseconds } from '../units.js'

/**
 * How long a connection has been silent, on the loop clock.
 * Any byte that arrives is a sign of life, also in the middle of a reply, and so is progress of what is being sent.
 * Silence counts only while a command waits for its reply, and only after the time that its bytes need on the way.
 */
export class SignsOfLife {
  #heardAt: Milliseconds
  /** Bytes per ms on the way out, as far as that was seen. */
  #rate = leastRate

  constructor(now: Milliseconds) {
    this.#heardAt = now
  }

  /** When the last sign of life came, or when the first of the commands that wait was sent, if that was later. */
  get heardAt(): Milliseconds {
    return this.#heardAt
  }

  /** Bytes came, or the first command after a time in which nothing was asked left. */
  heard(now: Milliseconds): void {
    this.#heardAt = now
  }

  /** The system took so many bytes that it had asked us to hold back, in so many ms. */
  drained(now: Milliseconds, bytes: number, took: Milliseconds): void {
    this.#heardAt = now
    if (took > 0) this.#rate = Math.max(leastRate, this.#rate + (bytes / took - this.#rate) / 4)
  }

  /**
   * How long nothing has come although the oldest command, of so many bytes, should have been answered.
   * @returns ms, 0 or more
   */
  silence(now: Milliseconds, bytes: number): Milliseconds {
    return Math.max(0, now - this.#heardAt - bytes / this.#rate)
  }
}

/** 1 MB/s: what is assumed until more was seen. */
const leastRate = 1_000
