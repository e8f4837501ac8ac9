import { expect } from 'vitest'
import { eventually, startTraffic, type LabGroup } from '../../src/lab/index.js'
import { bytesHeld, MiB } from '../support/heap.js'
import { connectionsOf, Leftovers } from '../support/leftovers.js'
import { test, under } from '../support/caches.js'
import { Ledger, settledValues } from '../support/ledger.js'
import { calm } from '../support/sentinel-log.js'

const failovers = 50
/** One of them, with all that it takes to settle, in ms. */
const longest = 12_000

type Kind = 'killed' | 'frozen' | 'ordered'
const kinds: readonly Kind[] = ['killed', 'ordered', 'frozen', 'ordered', 'killed']

test(
  `${failovers} failovers of mixed kinds under load leave nothing behind`,
  async ({ lab, make }) => {
    const leftovers = new Leftovers()
    const group = await lab.group()
    const caches = make({ soak: under(group, { clientName: 'soak' }) })
    const cache = caches.soak
    await (await group.primary()).command('MSET', ...settledValues(cache))
    await cache.set('k', 1)
    await cache.get('k', { readFrom: 'replica' })
    await calm(group)
    const connections = await connectionsOf(group, 'soak')
    const [heap, rss] = [await bytesHeld(), process.memoryUsage.rss()]
    const lost: Record<Kind, number> = { killed: 0, frozen: 0, ordered: 0 }
    for (let round = 0; round < failovers; round++) {
      const kind = kinds[round % kinds.length] as Kind
      lost[kind] += await failOver(group, kind, new Ledger(cache), round * 1_000_000)
      await calm(group)
    }
    await eventually(async () => expect(await connectionsOf(group, 'soak')).toEqual(connections))
    const grown = [(await bytesHeld()) - heap, process.memoryUsage.rss() - rss].map((bytes) => bytes / MiB)
    console.info(
      `acknowledged and lost: ${JSON.stringify(lost)}; grown: heap ${grown[0]?.toFixed(1)} MiB, RSS ${grown[1]?.toFixed(1)} MiB`,
    )
    expect(grown[0], 'MiB of heap').toBeLessThanOrEqual(10)
    expect(grown[1], 'MiB of RSS').toBeLessThanOrEqual(64)
    await caches.close()
    await leftovers.gone([...group.nodes, ...group.sentinels])
  },
  20_000 + failovers * longest,
)

async function failOver(group: LabGroup, kind: Kind, ledger: Ledger, first: number): Promise<number> {
  const primary = await group.primary()
  const reads = startTraffic({ rate: 200, operation: (n) => ledger.readSettled(n) })
  const ownReads = startTraffic({ rate: 100, operation: (n) => ledger.readOwn(n) })
  const writes = startTraffic({ rate: 200, operation: (n) => ledger.write(first + n) })
  await eventually(() => writes.succeeded > 50)
  if (kind === 'killed') await primary.kill()
  if (kind === 'frozen') primary.pause()
  if (kind === 'ordered') await group.failover()
  await eventually(async () => (await group.primary()) !== primary, { timeout: 30_000 })
  const goal = writes.succeeded + 100
  await eventually(() => writes.succeeded > goal)
  const reports = await Promise.all([reads.stop(), ownReads.stop(), writes.stop()])
  expect(reports.map(({ unsettled }) => unsettled)).toEqual([0, 0, 0])
  expect([...(reports[0]?.failures ?? [])]).toEqual([])
  expect(ledger.wrong).toEqual([])
  const lost = (await ledger.lost()).length
  if (kind === 'ordered') expect(lost, 'lost in an ordered failover').toBe(0)
  primary.resume()
  await primary.start()
  return lost
}
