import { setTimeout as sleep } from 'node:timers/promises'
import { expect } from 'vitest'
import type { Cache } from '../../src/index.js'
import { eventually, startTraffic, type LabServer } from '../../src/lab/index.js'
import { at, test, under } from '../support/caches.js'

/** From the sentinels' return to their first answers to the cache, in ms: they are dialled about once a second. */
const recovery = 5_000

test('looking for sentinels that are dead or frozen takes less than half of what 100 reads a second take; they are found when they are back', async ({
  lab,
  plain,
  make,
}) => {
  const group = await lab.group({ steady: false })
  const [seed, ...learned] = group.sentinels as [LabServer, ...LabServer[]]
  const { cache, calm } = make({
    cache: under(group, { sentinels: [[seed.host, seed.port]] }),
    calm: { location: at(plain) },
  })
  await cache.set('k', 1)
  await eventually(() => cache.topology().sentinels.length === 3)
  const reading = await coreUsedByReads(calm)
  learned.forEach((sentinel) => sentinel.pause())
  await seed.kill()
  await eventually(() => cache.topology().sentinels.length === 0)
  // The lesser of two, for one may have a garbage collection in it.
  const looking = Math.min(await coreUsed(2_500), await coreUsed(2_500))
  console.info(`looking ${(looking * 100).toFixed(1)}% of a core, reading ${(reading * 100).toFixed(1)}%`)
  expect(looking).toBeLessThan(reading / 2)
  expect(await cache.get('k')).toBe(1)
  expect(await cache.set('k', 2)).toBe(true)
  learned.forEach((sentinel) => sentinel.resume())
  await eventually(() => cache.topology().sentinels.length === 2, { timeout: recovery })
  await seed.start()
  await eventually(() => cache.topology().sentinels.length === 3, { timeout: recovery })
})

/** The part of a core that 100 reads a second take, on a server that nothing happens to. */
async function coreUsedByReads(calm: Cache): Promise<number> {
  await calm.get('k')
  const reads = startTraffic({ rate: 100, operation: () => calm.get('k') })
  const used = await coreUsed(1_500)
  await reads.stop()
  return used
}

/** The part of a core that this process takes, over so many ms. */
async function coreUsed(ms: number): Promise<number> {
  const [before, startedAt] = [process.cpuUsage(), performance.now()]
  await sleep(ms)
  const { user, system } = process.cpuUsage(before)
  return (user + system) / 1_000 / (performance.now() - startedAt)
}
