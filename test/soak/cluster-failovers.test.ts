import { expect } from 'vitest'
import type { Cache } from '../../src/index.js'
import { eventually, startTraffic, type LabCluster, type LabServer } from '../../src/lab/index.js'
import { bytesHeld, MiB } from '../support/heap.js'
import { clientsOf, Leftovers } from '../support/leftovers.js'
import { test } from '../support/caches.js'
import { Ledger, settledEntries } from '../support/ledger.js'

const failovers = 20
/** One of them, with all that it takes to settle, in ms. */
const longest = 15_000

type Kind = 'killed' | 'frozen' | 'ordered'
const kinds: readonly Kind[] = ['killed', 'ordered', 'frozen', 'ordered', 'killed']

test(
  `${failovers} failovers of a cluster, of mixed kinds and shards, under load leave nothing behind`,
  async ({ lab, make }) => {
    const leftovers = new Leftovers()
    const cluster = await lab.cluster({ nodeTimeout: 1_000, config: { 'cluster-require-full-coverage': 'no' } })
    const caches = make({ soak: { client: 'cluster', location: cluster.locations, clientName: 'soak' } })
    const cache = caches.soak
    expect(await cache.setMany(settledEntries(), { ttl: null })).toEqual([])
    await failOver(cluster, 'ordered', new Ledger(cache), 0)
    await eventually(async () => expect(await connectionsIn(cluster)).toBe(cluster.nodes.length))
    const [heap, rss] = [await bytesHeld(), process.memoryUsage.rss()]
    const lost: Record<Kind, number> = { killed: 0, frozen: 0, ordered: 0 }
    for (let round = 1; round <= failovers; round++) {
      const kind = kinds[round % kinds.length] as Kind
      lost[kind] += await failOver(cluster, kind, new Ledger(cache), round)
      await eventually(() => expect(nodesUp(cache)).toBe(cluster.nodes.length), { timeout: 30_000 })
    }
    await eventually(async () => expect(await connectionsIn(cluster)).toBe(cluster.nodes.length))
    const grown = [(await bytesHeld()) - heap, process.memoryUsage.rss() - rss].map((bytes) => bytes / MiB)
    console.info(
      `acknowledged and lost: ${JSON.stringify(lost)}; grown: heap ${grown[0]?.toFixed(1)} MiB, RSS ${grown[1]?.toFixed(1)} MiB`,
    )
    expect(lost.ordered, 'lost in ordered failovers').toBe(0)
    expect(grown[0], 'MiB of heap').toBeLessThanOrEqual(10)
    expect(grown[1], 'MiB of RSS').toBeLessThanOrEqual(64)
    await caches.close()
    await leftovers.gone(cluster.nodes)
  },
  30_000 + failovers * longest,
)

/** Replaces the primary of one shard under load, and brings it back. */
async function failOver(cluster: LabCluster, kind: Kind, ledger: Ledger, round: number): Promise<number> {
  const shard = round % 3
  const primary = (await cluster.primaries())[shard] as LabServer
  const reads = startTraffic({ rate: 200, operation: (n) => ledger.readSettled(n) })
  const ownReads = startTraffic({ rate: 100, operation: (n) => ledger.readOwn(n) })
  const writes = startTraffic({ rate: 200, operation: (n) => ledger.write(round * 1_000_000 + n) })
  await eventually(() => writes.succeeded > 50)
  if (kind === 'killed') await primary.kill()
  if (kind === 'frozen') primary.pause()
  if (kind === 'ordered') await cluster.failover(shard)
  await eventually(async () => !(await cluster.primaries()).includes(primary), { timeout: 30_000 })
  const goal = writes.succeeded + 100
  await eventually(() => writes.succeeded > goal)
  const reports = await Promise.all([reads.stop(), ownReads.stop(), writes.stop()])
  expect(reports.map(({ unsettled }) => unsettled)).toEqual([0, 0, 0])
  expect([...(reports[0]?.failures ?? [])], `failed reads, ${kind} in round ${round}`).toEqual([])
  expect(ledger.wrong).toEqual([])
  const lost = (await ledger.lost()).length
  primary.resume()
  await primary.start()
  await cluster.settled()
  return lost
}

/** How many nodes the cache can use: a replica that is back is one when the map says so again. */
function nodesUp(cache: Cache): number {
  return cache.topology().nodes.filter(({ state }) => state === 'up').length
}

/** How many connections of the cache all nodes have. */
async function connectionsIn({ nodes }: LabCluster): Promise<number> {
  const clients = (await Promise.all(nodes.map(clientsOf))).flat()
  return clients.filter((client) => client.includes(' name=soak ')).length
}
