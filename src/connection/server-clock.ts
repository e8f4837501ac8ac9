import { monotonicClock, type Clock, type Milliseconds } from '../units.js'
import type { ClockReading, EncodedCommand, Reply } from './connection.js'

/** Asks a server for the time on its clock. */
export const timeCommand: EncodedCommand = { args: ['TIME'], decode: 'text', intent: 'read', keys: [] }

/** The reply to TIME, in ms since 1970, with a fraction; NaN for anything else. */
export function timeOf(reply: Reply): Milliseconds {
  const [seconds, microseconds] = Array.isArray(reply) ? reply.map(Number) : []
  return Number(seconds) * 1_000 + Number(microseconds) / 1_000
}

/** The server's clock stood at `reply` halfway between the question and its answer, which are on the monotonic clock. */
export function readingOf(reply: Reply, asked: Milliseconds, at: Milliseconds): ClockReading | undefined {
  const time = timeOf(reply)
  if (Number.isNaN(time)) return undefined
  const margin = (at - asked) / 2
  return { offset: time - asked - margin, margin, at }
}

/**
 * Which of two readings of one server's clock to go by. The newer one, unless it took so long that the older one is still
 * the more exact and agrees with it: an old one gets less exact with time, and one that disagrees was of another clock.
 */
export function better(known: ClockReading | undefined, reading: ClockReading): ClockReading {
  if (known === undefined) return reading
  const margin = known.margin + (reading.at - known.at) * drift
  const agree = Math.abs(reading.offset - known.offset) <= margin + reading.margin
  return agree && reading.margin > margin ? known : reading
}

/**
 * The clock of one server, as far as it is known. It goes on by the monotonic clock of this process, so that setting the
 * clock of this host changes nothing.
 */
export class ServerClock {
  readonly #clock: Clock
  #reading: ClockReading | undefined

  constructor(clock: Clock = monotonicClock) {
    this.#clock = clock
  }

  /** What time it is there, in ms since 1970; `undefined` while that is not known. */
  get now(): Milliseconds | undefined {
    return this.#reading === undefined ? undefined : this.#clock.now() + this.#reading.offset
  }

  /** Whether it is not known, or was learned so long ago that the two clocks may have drifted apart. */
  get isOld(): boolean {
    return this.#reading === undefined || this.#clock.now() - this.#reading.at >= oldAfter
  }

  /** Takes a new reading, unless the one before is the better one and both agree; `undefined` is none. */
  learn(reading: ClockReading | undefined): void {
    if (reading !== undefined) this.#reading = better(this.#reading, reading)
  }
}

/** By how much two clocks drift apart in a ms, in ms: more than clocks of computers do. */
const drift = 1e-4
/** When a server is asked for its time again, in ms. */
const oldAfter: Milliseconds = 60_000
