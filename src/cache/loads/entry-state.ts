import type { Freshness } from '../../codec/frame.js'
import type { Milliseconds } from '../../units.js'
import { isServed } from '../freshness.js'
import type { LoadPolicy } from '../load-policy.js'

/** `'fresh'`: within its ttl; `'stale'`: past it and within the grace; `'over'`: past both. */
export type EntryState = 'fresh' | 'stale' | 'over'

/**
 * The state of an entry at `now` on the server's clock, for a caller with this policy. In a herd cache an entry that is due
 * is over, and any other is fresh.
 * @param random from 0 to 1, 1 excluded
 */
export function stateOf(
  freshness: Freshness | undefined,
  now: Milliseconds,
  { grace, herdTimeout }: Pick<LoadPolicy, 'grace' | 'herdTimeout'>,
  random: number,
): EntryState {
  if (freshness === undefined || isServed(freshness, now, { herdTimeout, random })) return 'fresh'
  return now < freshness.until + grace ? 'stale' : 'over'
}

/** What decides by chance whether an entry is loaded early. */
export interface Chance {
  /** How long its loader takes, in ms; `undefined` while no loader was measured. */
  readonly loaderTime: Milliseconds | undefined
  /** From 0 to 1, 1 excluded. */
  readonly random: number
}

/** Whether a fresh entry is to be loaded anew in the background, at `now` on the server's clock. */
export function isDue(
  freshness: Freshness,
  now: Milliseconds,
  refreshAt: LoadPolicy['refreshAt'],
  chance: Chance,
): boolean {
  if (refreshAt === undefined || freshness.until === 0) return false
  if (refreshAt === 'early') return isDueEarly(freshness.until, now, chance)
  return now >= freshness.until - freshness.ttl * (1 - refreshAt)
}

/**
 * Probabilistic early expiration: each caller brings the end of the ttl forward by the loader's time, times a factor that
 * is exponentially distributed around 1. So of many callers one begins shortly before the end, and a slow loader earlier.
 * Source: Vattani, Chierichetti, Lowenstein, Optimal Probabilistic Cache Stampede Prevention, with beta = 1
 */
function isDueEarly(until: Milliseconds, now: Milliseconds, { loaderTime, random }: Chance): boolean {
  return loaderTime !== undefined && now - loaderTime * Math.log(1 - random) >= until
}
