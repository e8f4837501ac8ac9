import type { Milliseconds } from '../units.js'

/**
 * Whether a value that is this much past its soft deadline is due, so that the caller who asked makes it anew. The
 * probability rises linearly, from 0 at the soft deadline to 1 when `herdTimeout` has passed.
 * @param late in ms; 0 or less before the soft deadline
 * @param random from 0 to 1, 1 excluded
 * Source: django-valkey _is_expired, which does so in steps of a second
 */
export function isDue(late: Milliseconds, herdTimeout: Milliseconds, random: number): boolean {
  return late > random * herdTimeout
}
