import { setTimeout as sleep } from 'node:timers/promises'
import { expect } from 'vitest'
import { eventually, type LabServer } from '../../src/lab/index.js'
import { test, under } from '../support/caches.js'

/** From the sentinels' return to their first answers to the cache, in ms. */
const recovery = 2_000

test('looking for sentinels that are dead or frozen takes less than 3% of a core; they are found when they are back', async ({
  lab,
  make,
}) => {
  const group = await lab.group({ steady: false })
  const [seed, ...learned] = group.sentinels as [LabServer, ...LabServer[]]
  const { cache } = make({ cache: under(group, { sentinels: [[seed.host, seed.port]] }) })
  await cache.set('k', 1)
  await eventually(() => cache.topology().sentinels.length === 3)
  learned.forEach((sentinel) => sentinel.pause())
  await seed.kill()
  await eventually(() => cache.topology().sentinels.length === 0, { timeout: 2_000 })
  const used = await coreUsed(3_000)
  console.info(`${(used * 100).toFixed(1)}% of a core`)
  expect(used).toBeLessThan(0.03)
  expect(await cache.get('k')).toBe(1)
  expect(await cache.set('k', 2)).toBe(true)
  learned.forEach((sentinel) => sentinel.resume())
  await eventually(() => cache.topology().sentinels.length === 2, { timeout: recovery })
  await seed.start()
  await eventually(() => cache.topology().sentinels.length === 3, { timeout: recovery })
})

/** The part of a core that this process takes, over so many ms. */
async function coreUsed(ms: number): Promise<number> {
  const [before, startedAt] = [process.cpuUsage(), performance.now()]
  await sleep(ms)
  const { user, system } = process.cpuUsage(before)
  return (user + system) / 1_000 / (performance.now() - startedAt)
}
