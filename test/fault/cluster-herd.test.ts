import { expect } from 'vitest'
import type { Cache } from '../../src/index.js'
import { eventually, startTraffic, type LabCluster, type LabServer } from '../../src/lab/index.js'
import { test as base } from '../support/caches.js'

/** Each has a name of its own, so that they share nothing; the full run has 500. */
const herd = Number(process.env['VALKEY_CACHE_CLUSTER_HERD'] ?? 10)
/** For whatever all of them do, in ms. */
const patience = 20_000 + herd * 100
/** Where fewer ask, who is asked is up to chance. */
const manyCaches = 100

const test = base
  .extend('cluster', { scope: 'file' }, ({ lab }) => lab.cluster({ nodeTimeout: 1_000 }))
  .extend('caches', async ({ cluster, make }): Promise<readonly Cache[]> => {
    const options = { client: 'cluster', location: cluster.locations, connectTimeout: '10s' } as const
    const caches = Array.from(
      { length: herd },
      (_, n) => make({ cache: { ...options, clientName: `herd-${n}` } }).cache,
    )
    for (const cache of caches) await cache.set('k', 1, { deadline: patience })
    await quiet(cluster)
    return caches
  })

test(
  `${herd} caches in a planned failover: three questions for the map each, at most`,
  async ({ cluster, caches }) => {
    const [primary, replica] = await shardOf(cluster, caches)
    const before = await mapRequests(cluster)
    const traffic = startTraffic({ rate: 500, operation: (n) => caches[n % herd]?.set('k', n) ?? Promise.resolve() })
    await replica.command('CLUSTER', 'FAILOVER')
    await eventually(() => expect(caches.filter((cache) => !isPrimary(cache, replica))).toEqual([]), {
      timeout: patience,
    })
    const { failures } = await traffic.stop()
    const unconfirmed = (): readonly Cache[] => caches.filter((cache) => cache.topology().provisional)
    await eventually(() => expect(unconfirmed()).toEqual([]), { timeout: patience })
    await quiet(cluster)
    const asked = difference(await mapRequests(cluster), before)
    console.info(
      `${primary.address} handed over to ${replica.address}: ${total(asked) / herd} questions each: ${asked}`,
    )
    expect([...failures]).toEqual([])
    expect(total(asked) / herd, 'questions for the map, each cache').toBeLessThanOrEqual(3)
    expectSpread(asked)
  },
  5 * patience,
)

test(
  `${herd} caches whose primary is killed: three questions a second each, at most, until there is another`,
  async ({ cluster, caches }) => {
    await cluster.settled()
    const [primary, replica] = await shardOf(cluster, caches)
    const before = await mapRequests(cluster)
    const killedAt = performance.now()
    await primary.kill()
    const writes = Promise.allSettled(caches.map((cache) => cache.set('k', 2, { deadline: patience })))
    await eventually(async () => ((await replica.command('ROLE')) as unknown[])[0] === 'master', { timeout: patience })
    await eventually(() => expect(caches.filter((cache) => !isPrimary(cache, replica))).toEqual([]), {
      timeout: patience,
    })
    const seconds = (performance.now() - killedAt) / 1_000
    const asked = difference(await mapRequests(cluster), before)
    const outcomes = await writes
    const each = total(asked) / herd / seconds
    console.info(`known after ${seconds.toFixed(1)} s, ${each.toFixed(2)} questions a second each: ${asked}`)
    expect(outcomes.filter(({ status }) => status === 'fulfilled').length, 'writes').toBeGreaterThan(0)
    expect(each, 'questions for the map a second, each cache').toBeLessThanOrEqual(3)
    expectSpread(asked)
  },
  5 * patience,
)

/** The primary that has the key, and its replica. */
async function shardOf(cluster: LabCluster, [cache]: readonly Cache[]): Promise<readonly [LabServer, LabServer]> {
  const primary = await cluster.primaryOf(cache?.makeKey('k') ?? '')
  const [replica] = await cluster.replicas(primary)
  if (replica === undefined) throw new Error(`${primary.address} has no replica`)
  return [primary, replica]
}

function isPrimary(cache: Cache, { address }: LabServer): boolean {
  return cache.topology().shards.some(({ primary }) => primary === address)
}

/** How often each live node was asked for the map; the lab asks for it as well when it looks at the cluster. */
async function mapRequests({ nodes }: LabCluster): Promise<readonly number[]> {
  return Promise.all(nodes.map((node) => (node.state === 'running' ? mapRequestsAt(node) : Promise.resolve(0))))
}

async function mapRequestsAt(node: LabServer): Promise<number> {
  const stats = String(await node.command('INFO', 'commandstats'))
  return total(
    [...stats.matchAll(/^cmdstat_cluster\|(?:shards|slots):calls=(\d+)/gm)].map(([, calls]) => Number(calls)),
  )
}

/** Resolves when the nodes are asked for the map no more often than each cache does once a minute, and have been for a while. */
async function quiet(cluster: LabCluster): Promise<void> {
  let [asked, since] = [total(await mapRequests(cluster)), performance.now()]
  const look = async (): Promise<boolean> => {
    const now = total(await mapRequests(cluster))
    if (now - asked > herd / 20) [asked, since] = [now, performance.now()]
    return performance.now() - since > 1_500
  }
  await eventually(look, { timeout: patience, interval: 100 })
}

function difference(after: readonly number[], before: readonly number[]): readonly number[] {
  return after.map((count, index) => Math.max(0, count - (before[index] ?? 0)))
}

function total(counts: readonly number[]): number {
  return counts.reduce((sum, count) => sum + count, 0)
}

function expectSpread(asked: readonly number[]): void {
  if (herd >= manyCaches)
    expect(Math.max(...asked), 'the most that one node was asked').toBeLessThanOrEqual(total(asked) / 3)
}
