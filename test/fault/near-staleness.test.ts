import { expect } from 'vitest'
import type { CacheOptions, Caches } from '../../src/index.js'
import { eventually, type LabServer } from '../../src/lab/index.js'
import { slotOf } from '../../src/keys/slot.js'
import { at, test as base, under } from '../support/caches.js'
import { hearWrites } from '../support/heard-writes.js'
import { nearStats } from '../support/near.js'
import { quantile, type Acknowledged } from '../support/staleness.js'
import { StalenessRun, type StalenessOutcome } from '../support/staleness-run.js'
import { numbersOf, type NumberSource, type WatchedReads } from '../support/watched-reads.js'

/** How much later than a round trip a change may be seen, in ms. */
const allowance = 50
const prefix = 'app'
/** How a primary is replaced: `pause`, `kill` or `planned`. */
const replacements = (process.env['VALKEY_CACHE_NEAR_REPLACED'] ?? 'planned').split(',') as (
  'pause' | 'kill' | 'planned'
)[]

const test = base
  // oxlint-disable-next-line no-empty-pattern -- vitest reads a fixture's needs from this pattern
  .extend('start', ({}, { onCleanup }) => {
    return async <const Name extends string>(
      sources: Readonly<Record<Name, NumberSource>>,
      writer: CacheOptions,
    ): Promise<StalenessRun<Name>> => {
      const run = await StalenessRun.start(sources, { ...writer, prefix })
      onCleanup(() => run.kill())
      return run
    }
  })

test('what another process writes is seen a round trip and 50 ms after its acknowledgement at the latest', async ({
  ownServer: server,
  make,
  start,
}) => {
  const options = { location: at(server) }
  const caches = make(
    {
      broadcast: { near: true },
      byDefault: { near: { mode: 'default' } },
      optIn: { near: { mode: 'opt-in' } },
      plain: {},
    },
    { ...options, prefix },
  )
  const heard = await hearWrites(server, `${prefix}:1:`)
  const run = await start({ ...sourcesOf(caches), heard }, options)
  await run.goOn(300)
  const { acknowledged, watched } = await run.finish()
  expect(acknowledged.writes.length).toBeGreaterThan(300)
  expect(unlikeServer(acknowledged, watched.plain)).toStrictEqual([])
  const trips = watched.plain.reads.map(({ took }) => took)
  const control = acknowledged.latenesses(watched.heard.reads)
  console.info(`round trips: ${figures(trips)}; a subscriber without a near cache: ${figures(control)}`)
  for (const name of ['broadcast', 'byDefault', 'optIn'] as const) {
    const late = acknowledged.latenesses(watched[name].reads)
    console.info(`${name}: ${figures(late)}`)
    for (const part of [0.99, 1])
      expect(quantile(late, part), `${name}: how late writes were seen`).toBeLessThan(
        quantile(control, part) + quantile(trips, part) + allowance,
      )
  }
})

test('one server, cut off, killed, emptied and short of memory: nothing is older than maxStaleness, or than a flush', async ({
  far,
  make,
  start,
}) => {
  const caches = make(
    {
      broadcast: { near: true },
      byDefault: { near: { mode: 'default' } },
      optIn: { near: { mode: 'opt-in', maxStaleness: 500 } },
      plain: {},
    },
    { location: at(far), prefix },
  )
  const { broadcast, byDefault, optIn } = caches
  const run = await start(sourcesOf(caches), { location: await behindProxy(far) })
  const allDropped = (): Promise<unknown> =>
    eventually(() => [broadcast, byDefault, optIn].every((cache) => nearStats(cache).entries === 0))
  const faults: readonly (() => Promise<unknown>)[] = [
    () => far.command('CLIENT', 'KILL', 'TYPE', 'normal', 'SKIPME', 'yes'),
    () => far.command('FLUSHALL'),
    () => (far.proxy.cut(), allDropped()),
    () => (far.proxy.blackhole(), allDropped()),
    () => far.command('CONFIG', 'SET', 'tracking-table-max-keys', '1'),
  ]
  await run.goOn()
  for (const strike of faults) {
    await strike()
    far.proxy.heal()
    await run.goOn()
  }
  const outcome = await run.finish()
  expectBounded(outcome, { broadcast: 60_000, byDefault: 60_000, optIn: 500 })
  for (const cache of [broadcast, byDefault, optIn]) {
    expect(nearStats(cache).flushes.connection).toBeGreaterThanOrEqual(3)
    expect(nearStats(cache).flushes.server).toBeGreaterThanOrEqual(1)
  }
})

test.for(replacements)(
  'a primary that is replaced (%s): nothing is older than maxStaleness, or than a flush',
  async (fault, { lab, make, start }) => {
    const group = await lab.group({ config: { 'min-replicas-to-write': '1' } })
    const caches = make(
      {
        primary: { near: true, readFrom: 'primary' },
        replicas: { near: { maxStaleness: '1s' }, readFrom: 'replicaPreferred' },
        plain: { readFrom: 'primary' },
        plainReplicas: { readFrom: 'replicaPreferred' },
      },
      under(group, { prefix }),
    )
    const run = await start(sourcesOf(caches), under(group, { minReplicas: 1 }))
    await run.goOn()
    const old = await group.primary()
    if (fault === 'planned') await group.failover()
    else {
      await old[fault]()
      await group.addressChanged(old.address)
    }
    await run.goOn()
    if (fault === 'pause') old.resume()
    await run.goOn()
    expectBoundedBoth(await run.finish())
    expect(nearStats(caches.primary).flushes.connection).toBeGreaterThanOrEqual(1)
  },
)

test('a cluster: slots that move, a planned failover, a replica that is killed: the same', async ({
  lab,
  make,
  start,
}) => {
  const cluster = await lab.cluster()
  const caches = make(
    {
      primary: { near: true, readFrom: 'primary' },
      optIn: { near: { mode: 'opt-in' }, readFrom: 'primary' },
      replicas: { near: { maxStaleness: '1s' }, readFrom: 'replicaPreferred' },
      plain: { readFrom: 'primary' },
      plainReplicas: { readFrom: 'replicaPreferred' },
    },
    { client: 'cluster', location: cluster.locations, prefix },
  )
  const run = await start(sourcesOf(caches), { client: 'cluster', location: cluster.locations })
  const of = (key: string): Promise<LabServer> => cluster.primaryOf(caches.primary.makeKey(key))
  await run.goOn()
  const from = await of('e')
  const to = (await cluster.primaries()).find((one) => one !== from) as LabServer
  const slots = []
  for (const key of 'abcde') if ((await of(key)) === from) slots.push(slotOf(caches.primary.makeKey(key)))
  await cluster.reshard({ slots, from, to })
  await run.goOn()
  await cluster.failover((await cluster.primaries()).indexOf(to))
  await run.goOn()
  const [replica] = await cluster.replicas(await of('a'))
  await replica?.kill()
  await run.goOn()
  const outcome = await run.finish()
  expectBoundedBoth(outcome)
  expectBounded<'optIn'>(outcome, { optIn: 60_000 })
})

/** The caches as sources of numbers. */
function sourcesOf<Name extends string>(caches: Caches<Name>): Readonly<Record<Name, NumberSource>> {
  const sources = Object.keys(caches.stats()).map((name) => [name, numbersOf(caches[name as Name])])
  return Object.fromEntries(sources) as Record<Name, NumberSource>
}

/** Where a server listens itself. */
async function behindProxy(server: LabServer): Promise<string> {
  const settings = (await server.command('CONFIG', 'GET', 'port')) as Map<string, string>
  return `valkey://127.0.0.1:${settings.get('port')}/0`
}

/** Of what a cache without a near cache reads nothing is stale: so whatever is, that the others read, is their doing. */
function unlikeServer(acknowledged: Acknowledged, { reads }: WatchedReads): readonly unknown[] {
  return reads.filter((read) => acknowledged.staleness(read) > 0)
}

/** @param bounds the `maxStaleness` of each near cache, in ms */
function expectBounded<Name extends string>(
  { acknowledged, watched }: StalenessOutcome<Name | 'plain'>,
  bounds: Readonly<Record<Name, number>>,
): void {
  expect(unlikeServer(acknowledged, watched.plain)).toStrictEqual([])
  for (const [name, bound] of Object.entries<number>(bounds)) {
    const { reads, flushes } = watched[name as Name]
    console.info(
      `${name}: ${figures(acknowledged.latenesses(reads))}, ${flushes.length} flushes, ${reads.length} reads`,
    )
    expect(oldest(acknowledged, watched[name as Name]), `${name}: how old what was read was`).toBeLessThan(bound)
    expect(acknowledged.staleAfter(flushes, reads), `${name}: stale reads after a flush`).toStrictEqual([])
  }
}

/** A replica may be behind: what is read there is older by that at most, as a cache without a near cache shows. */
function expectBoundedBoth({
  acknowledged,
  watched: { primary, plain, replicas, plainReplicas },
}: StalenessOutcome<'primary' | 'plain' | 'replicas' | 'plainReplicas'>): void {
  expectBounded<'primary'>({ acknowledged, watched: { primary, plain } }, { primary: 60_000 })
  expect(oldest(acknowledged, replicas)).toBeLessThan(1_000 + oldest(acknowledged, plainReplicas))
}

/** How old the oldest number was that was read, in ms. */
function oldest(acknowledged: Acknowledged, { reads }: WatchedReads): number {
  return reads.reduce((most, read) => Math.max(most, acknowledged.staleness(read)), 0)
}

function figures(late: readonly number[]): string {
  return `p99 ${quantile(late, 0.99).toFixed(1)} ms, at most ${quantile(late, 1).toFixed(1)} ms`
}
