import { expect } from 'vitest'
import { eventually, type LabGroup } from '../../src/lab/index.js'
import { test, under } from '../support/caches.js'
import { Chaos } from '../support/chaos/chaos.js'
import { MiB } from '../support/heap.js'
import { connectionsOf, Leftovers } from '../support/leftovers.js'
import { calm } from '../support/sentinel-log.js'

/** How long, in seconds; `npm run chaos` goes on for half an hour. */
const seconds = Number(process.env['VALKEY_CACHE_CHAOS'] ?? 60)
/** The same seed makes the same faults. */
const seed = Number(process.env['VALKEY_CACHE_CHAOS_SEED'] ?? Math.floor(Math.random() * 2 ** 31))
/** One step with all that it takes to recover, in ms. */
const longestStep = 120_000

test(
  `${seconds} s of random faults: order, deadlines, counters and memory hold, and no healthy node is refused for long`,
  async ({ lab, make, onTestFinished }) => {
    const leftovers = new Leftovers()
    const group = await lab.group({ proxied: true })
    const [shared, durable] = [{ clientName: 'chaos' }, { clientName: 'chaos', minReplicas: 1 }]
    const caches = make({
      mixed: under(group, shared),
      primary: under(group, { ...shared, readFrom: 'primary' }),
      durable: under(group, durable),
    })
    const { mixed, primary, durable: safe } = caches
    await caches.ready()
    await Promise.all([mixed, primary, safe].map((cache) => cache.set('calm', 1)))
    await calm(group)
    const connections = await sortedConnections(group)
    console.info(`chaos: VALKEY_CACHE_CHAOS_SEED=${seed} plays it again`)
    const chaos = new Chaos({ group, caches: { mixed, primary, durable: safe }, seed })
    onTestFinished(() => chaos.stop())
    const { problems, ...report } = await chaos.run(seconds * 1_000)
    console.info('chaos:', { ...report, failures: Object.fromEntries(report.failures) })
    expect(problems, `problems with seed ${seed}`).toEqual([])
    expect(report.growth / MiB, 'MiB of growth').toBeLessThanOrEqual(seconds < 600 ? 32 : 8)
    await eventually(async () => expect(await sortedConnections(group)).toEqual(connections))
    expect(await Promise.all([mixed, primary, safe].map((cache) => cache.get('calm')))).toEqual([1, 1, 1])
    await caches.close()
    await leftovers.gone([...group.nodes, ...group.sentinels])
  },
  seconds * 1_000 + longestStep,
)

/** How many connections of the caches there are to each server; who is primary, and so has one more, may change. */
async function sortedConnections(group: LabGroup): Promise<readonly number[]> {
  return (await connectionsOf(group, 'chaos')).toSorted((one, other) => one - other)
}
