import { setImmediate as turn } from 'node:timers/promises'
import { expect, vi } from 'vitest'
import type { Cache, NearStats } from '../../src/index.js'
import { eventually } from '../../src/lab/index.js'
import { monotonicClock } from '../../src/units.js'

export function nearStats(cache: Cache): NearStats {
  return cache.stats().near as NearStats
}

/** How often copies were dropped at once, for whatever reason. */
export function flushesOf(cache: Cache): number {
  return Object.values(nearStats(cache).flushes).reduce((sum, count) => sum + count, 0)
}

/** Reads a key until it is answered from memory; resolves to the value. */
export async function held<T>(cache: Cache, key: string): Promise<T | undefined> {
  let value: T | undefined
  await eventually(async () => {
    const { hits } = nearStats(cache)
    value = await cache.get<T>(key)
    return nearStats(cache).hits > hits
  })
  return value
}

/** Makes a call at a time to come, in ms from now, as the clock of near caches shows it until a server is asked. */
export async function inFuture<T>(ahead: number, call: () => Promise<T>): Promise<T> {
  const begun = monotonicClock.now()
  // The loop turns, so that the call is the first of its turn.
  await turn()
  const clock = vi.spyOn(monotonicClock, 'now').mockReturnValue(begun + ahead)
  try {
    return call()
  } finally {
    clock.mockRestore()
  }
}

/** Whether a read of a key at a time to come, in ms from now, is answered from memory. */
export async function isHeldIn(ahead: number, cache: Cache, key: string): Promise<boolean> {
  const { hits, misses } = nearStats(cache)
  await inFuture(ahead, () => cache.get(key))
  const after = nearStats(cache)
  expect(after.hits + after.misses).toBe(hits + misses + 1)
  return after.hits > hits
}

/** Waits until a cache reads a value; from then on it never reads another one. */
export async function seenForGood(cache: Cache, key: string, value: unknown): Promise<unknown[]> {
  await eventually(async () => (await cache.get(key).catch(() => undefined)) === value, { timeout: 15_000 })
  await held(cache, key)
  const later: unknown[] = []
  for (let time = 0; time < 50; time++) later.push(await cache.get(key))
  return [...new Set(later)]
}
