import { setTimeout as sleep } from 'node:timers/promises'
// The package as it is built: the process is there sooner.
import { createCaches, type CacheOptions } from 'valkey-cache'
import { sharedNow } from './shared-clock.js'
import type { StampedWrite, WriterOrder } from './stamped-writer.js'

/** A process that counts under each key, until it is asked what was acknowledged and when. */
const { options, keys } = JSON.parse(process.argv[2] ?? '{}') as WriterOrder
const caches = createCaches({ cache: options as CacheOptions })
const writes: StampedWrite[] = []
let isGoing = true

/** Writes that fail count for nothing: whether they were done is not known. */
async function write(key: string, number: number): Promise<void> {
  const isDone = await caches.cache.set(key, number).catch(() => false)
  if (isDone) writes.push({ key, number, acknowledgedAt: sharedNow() })
}

async function writeAll(): Promise<void> {
  const counters = Object.entries(keys).map(([key, pause]) => ({ key, pause, number: 0, dueAt: sharedNow() }))
  for (let round = 0; isGoing; round++) {
    const due = counters.filter(({ dueAt }) => dueAt <= sharedNow())
    for (const counter of due) counter.dueAt += counter.pause
    await Promise.all(due.map((counter) => write(counter.key, ++counter.number)))
    if (round === 0) process.send?.(sharedNow())
    await sleep(5)
  }
}

await caches.ready()
const over = writeAll()
process.on('message', () => {
  isGoing = false
  void over.then(() => process.send?.(writes))
})
process.on('disconnect', () => process.exit())
