import type { Freshness } from '../codec/frame.js'
import type { Milliseconds } from '../units.js'
import type { LoadPolicy } from './load-policy.js'

/** How long a value is kept: fresh for its ttl, and stale for its grace. */
export interface Lifetime {
  /** In ms; `undefined`: for ever. */
  readonly ttl: Milliseconds | undefined
  /** In ms, after the ttl. */
  readonly grace: Milliseconds
}

/** The lifetime of a value that is written now. @param random from 0 to 1, 1 excluded */
export function lifetimeOf(
  ttl: Milliseconds | undefined,
  { grace, jitter }: Pick<LoadPolicy, 'grace' | 'jitter'>,
  random: number,
): Lifetime {
  if (ttl === undefined) return { ttl, grace: 0 }
  return { ttl: jitter === 0 ? ttl : Math.max(Math.min(ttl, 1), Math.ceil(ttl * (1 - jitter * random))), grace }
}

/** How long the server keeps it, in ms; `undefined`: for ever. */
export function keptFor({ ttl, grace }: Lifetime): Milliseconds | undefined {
  return ttl === undefined ? undefined : Math.ceil(ttl + grace)
}

/** What the frame of a value says that is written at `now` on the server's clock. */
export function freshnessOf({ ttl }: Lifetime, now: Milliseconds): Freshness {
  if (ttl === undefined) return { until: 0, ttl: 0 }
  return { until: Math.max(0, Math.min(Math.floor(now) + ttl, lastTime)), ttl: Math.max(0, Math.min(ttl, lastTime)) }
}

/** Whether a value is within its ttl at `now` on the server's clock. */
export function isFresh(freshness: Freshness | undefined, now: Milliseconds): boolean {
  return freshness === undefined || freshness.until === 0 || now < freshness.until
}

/** The greatest time that fits into a frame, in ms: 8,900 years. */
const lastTime: Milliseconds = 2 ** 48 - 1
