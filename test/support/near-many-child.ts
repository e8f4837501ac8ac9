// The package as it is built: a process of its own with nothing in it but caches.
import { createCaches } from 'valkey-cache'
import { bytesHeld } from './heap.js'
import type { ManyKeys, ManyKeysOutcome } from './near-many.js'

/** How many keys are written and read in one call. */
const together = 500
/** How many are read before: what is compiled and grown once does not count as left behind. */
const first = 20_000

/** A process that reads many keys through a near cache, and says what stays behind of them. */
const { location, keys, maxEntries } = JSON.parse(process.argv[2] ?? '{}') as ManyKeys
const { near, writer, close } = createCaches(
  { near: { near: { maxEntries } }, writer: {} },
  { location, prefix: 'app', format: 'framed' },
)

/** Every call has a tag of its own, and every other key no value. */
async function readThrough(from: number, to: number): Promise<void> {
  for (let start = from; start < to; start += together) {
    const names = Array.from({ length: together }, (_, n) => `k:${start + n}`)
    const values = names.filter((_, n) => n % 2 === 0).map((name) => [name, { name, text: 'x'.repeat(100) }] as const)
    await writer.setMany(values, { tags: [`t:${start}`], ttl: '1m' })
    await near.getMany(names)
  }
}

await readThrough(0, first)
const before = { heap: await bytesHeld(), rss: process.memoryUsage().rss }
await readThrough(first, first + keys)
const heap = (await bytesHeld()) - before.heap
const outcome: ManyKeysOutcome = { heap, rss: process.memoryUsage().rss - before.rss, stats: near.stats().near }
process.send?.(outcome)
await close()
process.disconnect()
