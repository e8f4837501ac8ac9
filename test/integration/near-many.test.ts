import { expect } from 'vitest'
import { at, test } from '../support/caches.js'
import { MiB } from '../support/heap.js'
import { readManyKeys } from '../support/near-many.js'

const keys = Number(process.env['VALKEY_CACHE_NEAR_KEYS'] ?? 10_000)
const maxEntries = 1_000
/** What may stay behind of all memory, and of the heap and buffers: where all copies stay it is some 180 bytes for each key. */
const remains = { rss: 30 * MiB, heap: MiB + 30 * keys }

test(
  `${keys} keys are read through a near cache of ${maxEntries}: nothing grows with what was ever read`,
  { timeout: 60_000 + keys },
  async ({ ownServer }) => {
    const { heap, rss, stats } = await readManyKeys({ location: at(ownServer), keys, maxEntries })
    console.info(`grown by ${toMiB(heap)} MiB of heap and buffers, and by ${toMiB(rss)} MiB in all`)
    expect(stats).toMatchObject({ misses: keys + 20_000, entries: maxEntries })
    expect(heap).toBeLessThan(remains.heap)
    expect(rss).toBeLessThan(remains.rss)
  },
)

function toMiB(bytes: number): string {
  return (bytes / MiB).toFixed(1)
}
