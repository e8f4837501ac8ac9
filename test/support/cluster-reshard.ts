import { expect } from 'vitest'
import type { Cache } from '../../src/index.js'
import { eventually, type LabServer } from '../../src/lab/index.js'
import { expectServed, type ClusterDrill } from './cluster-drill.js'

const moved = 1_000
const keys = Array.from({ length: 3 * moved }, (_, n) => `scanned:${n}`)

/**
 * Moves 1,000 slots from the first primary to the second under the load of a drill. Meanwhile all keys are asked for: again
 * and again, and by walks that stop at their beginning, and half way, until the slots have moved.
 */
export async function expectReshardUnnoticed(run: ClusterDrill, atomic: boolean): Promise<void> {
  const { cache, cluster } = run
  expect(await cache.setMany(new Map(keys.map((key) => [key, key])), { ttl: '1h' })).toEqual([])
  let slots = 0
  cache.on('slots-moved', ({ slots: ranges }) => ranges.forEach(([from, to]) => (slots += to - from + 1)))
  await run.strike(async () => {
    const [from, to] = (await cluster.primaries()) as [LabServer, LabServer]
    const over = cluster.reshard({ slots: moved, from, to, atomic })
    const walks = [walk(cache, 0, over), walk(cache, keys.length / 2, over)]
    const scans = await scanUntil(cache, over)
    expect(scans, 'walks while slots moved').toBeGreaterThan(0)
    for (const seen of await Promise.all(walks)) expectEachOnce(seen)
  })
  expectEachOnce(await walk(cache, 0, Promise.resolve()))
  expect(await cache.getMany(keys)).toEqual(new Map(keys.map((key) => [key, key])))
  // Those that nobody asked for are known with the next look at the map.
  await eventually(() => expect(slots, 'slots that the cache says have moved').toBe(moved))
  await run.goOn(50)
  expectServed(await run.finish())
}

/** Walks over all keys, and stops at the one with this number until something is over. */
async function walk(cache: Cache, stopAt: number, over: Promise<unknown>): Promise<readonly string[]> {
  const seen: string[] = []
  for await (const key of cache.iterKeys('scanned:*', { batch: 100 })) {
    if (seen.length === stopAt) await over
    seen.push(key)
  }
  return seen
}

/** Walks over all keys again and again; resolves with how often. */
async function scanUntil(cache: Cache, over: Promise<unknown>): Promise<number> {
  let [count, going] = [0, true]
  const ended = over.finally(() => (going = false))
  while (going) {
    expectEachOnce(await walk(cache, 0, Promise.resolve()))
    count++
  }
  await ended
  return count
}

function expectEachOnce(seen: readonly string[]): void {
  expect(seen, 'keys seen').toHaveLength(keys.length)
  expect(new Set(seen)).toEqual(new Set(keys))
}
