import { wallClock, type Clock, type Milliseconds } from '../units.js'

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

/**
 * When a ttl is over that begins now, in whole seconds since 1970: as Python counts them, from the second that has begun
 * by this host's clock; a part of a second is a whole one.
 */
export function softDeadline(ttl: Milliseconds, clock: Clock = wallClock): number {
  return Math.floor(clock.now() / 1_000) + Math.ceil(ttl / 1_000)
}
