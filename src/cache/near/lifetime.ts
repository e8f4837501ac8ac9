import type { Freshness } from '../../codec/frame.js'
import type { Milliseconds } from '../../units.js'

/** What decides how long what was read may be served. Times are on one clock of this process, but for the server's. */
export interface Reading {
  /** When it was asked for. */
  readonly asked: Milliseconds
  /**
   * What PTTL said in the same trip: what is left of the key's ttl in ms, -1 for ever, -2 for a key that does not
   * exist.
   */
  readonly left: number
  /** Whether there is a value. */
  readonly exists: boolean
  /** Until when the value is fresh, on the server's clock; `undefined`: as long as it is there. */
  readonly freshness: Freshness | undefined
  /**
   * The time on the server's clock when the reply came, and on ours, which is read first; `undefined`: not known. Read
   * the other way round, the copy could be served after the value was found past its ttl.
   */
  readonly serverNow: Milliseconds | undefined
  readonly now: Milliseconds
  /** How long herd caches keep values past their ttl, in ms; 0 in others. */
  readonly herdTimeout: Milliseconds
  /** The longest time that anything is held, in ms. */
  readonly longest: Milliseconds
}

/**
 * Until when what was read may be served; `undefined`: not at all. Pure. What is past its ttl is never served from
 * memory: the server, or chance in a herd cache, decides what becomes of it.
 */
export function servedUntil(reading: Reading): Milliseconds | undefined {
  const { asked, now, longest } = reading
  const until = Math.min(asked + longest, asked + ttlLeft(reading), now + freshLeft(reading))
  return until > now ? until : undefined
}

/** A key that came or went between the value and its ttl is held in no case. */
function ttlLeft({ left, exists, herdTimeout }: Reading): Milliseconds {
  if (left === -2) return exists ? -Infinity : Infinity
  if (!exists) return -Infinity
  return left === -1 ? Infinity : left - herdTimeout
}

function freshLeft({ freshness, serverNow }: Reading): Milliseconds {
  if (freshness === undefined || freshness.until === 0) return Infinity
  return serverNow === undefined ? -Infinity : freshness.until - serverNow
}
