import type { Freshness } from '../codec/frame.js'
import { isDue } from '../codec/herd.js'
import type { Milliseconds } from '../units.js'
import type { LoadPolicy } from './load-policy.js'

/** How long a value is kept: fresh for its ttl, and stale for its grace, or in a herd cache for the herd timeout. */
export interface Lifetime {
  /** In ms; `undefined`: for ever. */
  readonly ttl: Milliseconds | undefined
  /** In ms, after the ttl. */
  readonly grace: Milliseconds
}

/** What a policy says of lifetimes. */
export type LifetimePolicy = Pick<LoadPolicy, 'grace' | 'jitter'> & Partial<Pick<LoadPolicy, 'herdTimeout'>>

/** The lifetime of a value that is written now. @param random from 0 to 1, 1 excluded */
export function lifetimeOf(
  ttl: Milliseconds | undefined,
  { jitter, ...policy }: LifetimePolicy,
  random: number,
): Lifetime {
  if (ttl === undefined) return { ttl, grace: 0 }
  const grace = pastTtl(policy)
  return { ttl: jitter === 0 ? ttl : Math.max(Math.min(ttl, 1), Math.ceil(ttl * (1 - jitter * random))), grace }
}

/** How long after its ttl a value may still be served, in ms. */
export function pastTtl({ grace, herdTimeout }: Omit<LifetimePolicy, 'jitter'>): Milliseconds {
  return herdTimeout ?? grace
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

/** What decides whether a value is served past its ttl. */
export interface Herd {
  /** In ms; `undefined`: this is no herd cache. */
  readonly herdTimeout: Milliseconds | undefined
  /** From 0 to 1, 1 excluded. */
  readonly random: number
}

/** Whether a value is served at `now` on the server's clock: it is fresh, or in a herd cache not due yet. */
export function isServed(freshness: Freshness | undefined, now: Milliseconds, { herdTimeout, random }: Herd): boolean {
  if (freshness === undefined || isFresh(freshness, now)) return true
  return herdTimeout !== undefined && !isDue(now - freshness.until, herdTimeout, random)
}

/** The greatest time that fits into a frame, in ms: 8,900 years. */
const lastTime: Milliseconds = 2 ** 48 - 1
