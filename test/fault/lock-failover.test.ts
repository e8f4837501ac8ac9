import { expect } from 'vitest'
import { LockNotOwnedError, type Cache, type CacheOptions, type LockOptions } from '../../src/index.js'
import { eventually, type Lab, type LabGroup, type LabServer } from '../../src/lab/index.js'
import { test as base, type MakeCaches } from '../support/caches.js'
import { replicasHave } from '../support/replicas-have.js'
import { Stopwatch } from '../support/stopwatch.js'

const options: LockOptions = { ttl: '10s', wait: '1m', autoExtend: true, fence: true }

const test = base.extend(
  'programs',
  ({ lab, make }) =>
    (own?: CacheOptions) =>
      startPrograms(lab, make, own),
)

test('a lock that the new primary has is kept through a failover, and then goes to who waited', async ({
  programs,
}) => {
  const { group, primary, one, other } = await programs()
  const held = await one.lock('job', { ...options, ttl: '30s' }).acquire()
  const fence = held.fence ?? NaN
  await replicasHave(primary, group.nodes)
  const waiting = other.lock('job', options).acquire()
  await primary.kill()
  await nextPrimary(group, primary)
  await eventually(() => held.reacquire())
  expect([held.signal.aborted, await held.owned()]).toStrictEqual([false, true])
  await held.release()
  const next = await waiting
  expect(next.fence).toBeGreaterThan(fence)
  await next.release()
})

/** Replication is asynchronous: what the old primary acknowledged may be missing. Here it is made to be. */
test('a lock that it does not have goes to another: the first is told, the second has the greater number', async ({
  programs,
}) => {
  const { group, primary, one, other } = await programs()
  const held = await one.lock('job', options).acquire()
  const fence = held.fence ?? NaN
  const lost = new Promise<unknown>((resolve) => {
    held.signal.addEventListener('abort', () => resolve(held.signal.reason), { once: true })
  })
  primary.pause()
  const after = await nextPrimary(group, primary)
  await after.command('FLUSHALL')
  await using second = await other.lock('job', options).acquire()
  expect(await lost).toBeInstanceOf(LockNotOwnedError)
  expect(second.fence).toBeGreaterThan(fence)
  await expect(held.release()).rejects.toBeInstanceOf(LockNotOwnedError)
  expect(await second.owned()).toBe(true)
})

test('who tries to release while there is no primary is told in time', async ({ programs }) => {
  const { primary, one } = await programs({ writeDeadline: 300 })
  const held = await one.lock('job', options).acquire()
  primary.pause()
  using watch = new Stopwatch()
  await expect(held.release()).rejects.toMatchObject({ retryable: true })
  expect(watch.elapsed()).toBeLessThan(1_500)
})

interface Programs {
  readonly group: LabGroup
  readonly primary: LabServer
  readonly one: Cache
  readonly other: Cache
}

/** Two programs, each with sockets of its own, on a group of 1 + 2 + 3. */
async function startPrograms(lab: Lab, make: MakeCaches, own: CacheOptions = {}): Promise<Programs> {
  const group = await lab.group({ downAfter: 1_000 })
  const shared: CacheOptions = {
    location: group.location,
    client: 'sentinel',
    sentinels: group.sentinelAddresses,
    ...own,
  }
  const caches = make({ one: { clientName: 'one' }, other: { clientName: 'other' } }, shared)
  // A short writeDeadline is none for connecting.
  await caches.ready()
  return { group, primary: await group.primary(), one: caches.one, other: caches.other }
}

async function nextPrimary(group: LabGroup, before: LabServer): Promise<LabServer> {
  const { address } = await group.addressChanged(before.address)
  return group.nodes.find((node) => node.address === address) as LabServer
}
