import type { Cache } from '../../src/index.js'

/**
 * How long a cache without `attemptTimeout` waits for a reply before it asks another node, in ms: the longer of 50 ms and
 * four of the round trips that it has seen. A machine that is busy, or a process that has just begun, makes it longer.
 */
export function patienceOf(cache: Cache): number {
  return Math.max(usual, 4 * Math.max(...cache.topology().nodes.map(({ rtt = 0 }) => rtt)))
}

/** How long that is on a machine that is not busy, in ms. */
export const usual = 50
