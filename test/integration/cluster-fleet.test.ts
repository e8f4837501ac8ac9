import { expect } from 'vitest'
import type { Cache } from '../../src/index.js'
import { eventually, type LabServer } from '../../src/lab/index.js'
import { cacheOf, OpenSlot, test as base } from '../support/cluster.js'
import { controlledLoader, type ControlledLoader } from '../support/controlled-loader.js'
import { listeners } from '../support/fleet.js'

/** Two caches as of two processes: one loads `k`, the other waits for it. Its lease is so long that it is no way to end that. */
const test = base.extend('waiting', async ({ cluster, make }) => {
  await Promise.all((await cluster.primaries()).map((primary) => primary.command('FLUSHALL')))
  const options = { singleFlight: 'fleet', fleetLease: '10m', writeDeadline: '30s' } as const
  const [one, two] = [cacheOf(cluster, make, options), cacheOf(cluster, make, options)]
  const load = controlledLoader()
  const first = one.getOrSet('k', load.loader)
  await eventually(() => load.begun === 1)
  const second = two.getOrSet('k', () => 'loaded twice')
  const owner = await cluster.primaryOf(one.makeKey('k'))
  await eventually(async () => (await listeners(owner)) === 1)
  const [lock] = (await owner.command('KEYS', '*@1:load:*')) as [string]
  return { one, load, lock, answers: Promise.all([first, second]) } satisfies Waiting
})

interface Waiting {
  readonly one: Cache
  readonly load: ControlledLoader
  /** The key of the lock. */
  readonly lock: string
  readonly answers: Promise<readonly unknown[]>
}

test('a slot that moves while a load is waited for: who waits listens where it is then, and is woken', async ({
  cluster,
  waiting: { one, load, answers },
}) => {
  const slot = await OpenSlot.of(one.makeKey('k'), cluster)
  await slot.finish()
  await eventually(async () => (await listeners(slot.target)) === 1)
  expect(await listeners(slot.source)).toBe(0)
  load.finish('v')
  expect(await answers).toStrictEqual(['v', 'v'])
})

test('a load that ends while its slot moves is written when the slot has moved, and who waits gets its value', async ({
  cluster,
  waiting: { one, load, lock, answers },
}) => {
  const slot = await OpenSlot.of(one.makeKey('k'), cluster)
  await slot.move(lock)
  load.finish('v')
  await eventually(() => refusesScripts(slot.target))
  await slot.finish()
  expect(await answers).toStrictEqual(['v', 'v'])
})

test('another process takes a load away in the same slot: set, delete and deleteMany of keys on all shards', async ({
  cluster,
  make,
  waiting: { one, load, answers },
}) => {
  const three = cacheOf(cluster, make, { singleFlight: 'fleet' })
  await three.setMany(Array.from({ length: 20 }, (_, n) => [`other${n}`, n] as const))
  expect(await three.deleteMany(['k', ...Array.from({ length: 20 }, (_, n) => `other${n}`)])).toBe(20)
  load.finish('v')
  expect(await answers).toStrictEqual(['v', 'loaded twice'])
  await eventually(async () => (await one.get('k')) === 'loaded twice')
})

/** Whether a server has refused a script, as it does while it does not have all of its keys. */
async function refusesScripts(server: LabServer): Promise<boolean> {
  const stats = String(await server.command('INFO', 'commandstats'))
  return /^cmdstat_eval(sha)?:.*rejected_calls=[1-9]/m.test(stats)
}
