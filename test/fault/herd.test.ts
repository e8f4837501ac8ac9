import { setImmediate as turn } from 'node:timers/promises'
import { expect } from 'vitest'
import { PrimaryNotFoundError, type Cache } from '../../src/index.js'
import { eventually, type LabGroup, type LabServer } from '../../src/lab/index.js'
import { test, under } from '../support/caches.js'
import { watchTurns } from '../support/longest-turn.js'

/** Every link of the group passes through this process, so that many caches slow down the sentinels; the full run has 50. */
const herd = Number(process.env['VALKEY_CACHE_HERD'] ?? 20)
const waiters = 10_000

test(`${herd} caches in a failover: one connection to each sentinel, and no node is dialled without a pause`, async ({
  lab,
  make,
}) => {
  const group = await lab.group({ proxied: true })
  const [primary, replica] = group.nodes as [LabServer, LabServer]
  // A busy machine may need longer than the default to greet 50 caches.
  const patient = under(group, { sentinelOptions: { timeout: '5s' } })
  const caches = Array.from({ length: herd }, () => make({ cache: patient }).cache)
  await Promise.all(caches.map((cache) => cache.set('k', 1)))
  await Promise.all(caches.map((cache) => cache.get('other')))
  const most = new Map([...group.sentinels, replica].map((server) => [server, 0]))
  const sampling = setInterval(() => {
    for (const [server, count] of most) most.set(server, Math.max(count, server.proxy.connections({ from: 'clients' })))
  }, 5)
  const before = primary.proxy.accepted
  await primary.kill()
  const killedAt = performance.now()
  const writes = caches.map((cache) => cache.set('k', 2).catch(() => false))
  await group.addressChanged(primary.address)
  const perSecond = (primary.proxy.accepted - before) / herd / ((performance.now() - killedAt) / 1_000)
  await Promise.all(writes)
  for (const cache of caches) await eventually(() => cache.set('k', 3), { timeout: 30_000 })
  clearInterval(sampling)
  console.info(`dials of the dead node: ${perSecond.toFixed(1)} a second; most connections: ${[...most.values()]}`)
  expect(perSecond, 'dials of the dead node per second, by each cache').toBeLessThanOrEqual(10)
  for (const sentinel of group.sentinels) expect(most.get(sentinel)).toBeLessThanOrEqual(herd)
  // As a replica, as a candidate that is asked for its role, and as the primary that it becomes.
  expect(most.get(replica)).toBeLessThanOrEqual(3 * herd)
})

test('10,000 writes that wait for a primary leave for it, or are refused, in turns shorter than 50 ms, or than as many rejections at once', async ({
  lab,
  make,
}) => {
  const group = await lab.group()
  const { cache } = make({ cache: under(group, { writeDeadline: '20s' }) })
  await warmUp(cache)
  const atOnce = await turnOfRejections()
  const served = await manyWait(cache, group, () => {})
  // Without sentinels nobody is promoted before all are killed.
  group.sentinels.forEach((sentinel) => sentinel.pause())
  const refused = await manyWait(cache, group, ({ nodes, sentinels }) =>
    Promise.all([...nodes, ...sentinels].map((server) => server.kill())),
  )
  console.info(
    `longest turn: ${atOnce.toFixed(1)} ms for as many rejections at once, ${served.longest.toFixed(1)} ms when served, ${refused.longest.toFixed(1)} ms when refused`,
  )
  expect([served.succeeded, refused.succeeded]).toEqual([waiters, 0])
  expect(Math.max(served.longest, refused.longest)).toBeLessThanOrEqual(Math.max(50, atOnce))
})

/** What becomes of 10,000 writes that wait because the primary was just lost, and how long the longest turn takes. */
async function manyWait(
  cache: Cache,
  group: LabGroup,
  then: (group: LabGroup) => unknown,
): Promise<{ readonly succeeded: number; readonly longest: number }> {
  await group.nodes.find(({ address }) => address === cache.topology().primary)?.kill()
  await eventually(() => cache.topology().state !== 'steady')
  const stop = watchTurns()
  const writes = await manyWrites(cache)
  await then(group)
  const outcomes = await Promise.all(writes)
  return { succeeded: outcomes.filter(Boolean).length, longest: stop() }
}

/** How long the turn takes in which 10,000 promises are rejected, each with an error of its own. */
async function turnOfRejections(): Promise<number> {
  const stop = watchTurns()
  const rejects: ((reason: Error) => void)[] = []
  const promises = Array.from({ length: waiters }, () => new Promise((_, reject) => rejects.push(reject)))
  const settled = Promise.allSettled(promises)
  await turn()
  for (const reject of rejects) reject(new PrimaryNotFoundError('mymaster', ['nobody answers']))
  await settled
  await turn()
  return stop()
}

/** Makes 10,000 writes, over many turns of the loop. */
async function manyWrites(cache: Cache): Promise<readonly Promise<boolean>[]> {
  const writes: Promise<boolean>[] = []
  for (let n = 0; n < waiters; n++) {
    writes.push(cache.set(`k${n}`, n).catch(() => false))
    if (n % 50 === 0) await turn()
  }
  return writes
}

/** What is compiled once does not count. */
async function warmUp(cache: Cache): Promise<void> {
  await Promise.all(Array.from({ length: waiters }, (_, n) => cache.set(`k${n}`, n)))
  await cache.get('other')
}
