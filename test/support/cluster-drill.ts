import { expect, test as base } from 'vitest'
import { createCaches, type Cache, type CacheOptions, type Caches } from '../../src/index.js'
import {
  eventually,
  startLab,
  startTraffic,
  type LabCluster,
  type LabServer,
  type ServerConfig,
  type Traffic,
  type TrafficReport,
} from '../../src/lab/index.js'
import { slotOf } from '../../src/keys/slot.js'
import { at } from './caches.js'
import { ClusterWatch } from './cluster-watch.js'
import { Leftovers } from './leftovers.js'
import { Ledger, settledCount, settledEntries } from './ledger.js'
import { replicasHave } from './replicas-have.js'
import { RoleWatch, type Promotion } from './role-watch.js'

export interface ClusterDrillOptions {
  /** Set on all nodes before. @default {} */
  readonly config?: ServerConfig
  /** @default client 'cluster' on all nodes */
  readonly cache?: CacheOptions
  /** Where the nodes are for the cache. @default where they listen */
  readonly addressOf?: (node: LabServer) => string
  /** Which shard is struck, by the index of its primary in `primaries()`. @default 0 */
  readonly shard?: number
  /** Writes a second, in the struck shard as in the others. @default 100 */
  readonly writeRate?: number
}

/** Tests of faults in a cluster: a lab and a server that nothing happens to for the file, and drills that end with the test. */
export const test = base
  // oxlint-disable-next-line no-empty-pattern -- vitest reads a fixture's needs from this pattern
  .extend('lab', { scope: 'file' }, async ({}, { onCleanup }) => {
    const lab = await startLab()
    onCleanup(() => lab.stop())
    return lab
  })
  .extend('untouched', { scope: 'file' }, ({ lab }) => lab.server())
  /** Three primaries, each with a replica. */
  .extend('cluster', { scope: 'file' }, ({ lab }) => lab.cluster({ nodeTimeout: 1_000 }))
  .extend('drill', ({ untouched, task }, { onCleanup }) => {
    const started: ClusterDrill[] = []
    onCleanup(() => started.forEach((drill) => drill.abandon()))
    return async (cluster: LabCluster, options: ClusterDrillOptions = {}): Promise<ClusterDrill> => {
      const drill = await startDrill({ cluster, untouched, name: task.name }, options)
      started.push(drill)
      return drill
    }
  })

/** Where a drill takes place. */
interface Ground {
  readonly cluster: LabCluster
  readonly untouched: LabServer
  readonly name: string
}

/**
 * A cache on a cluster that is well, and settled reads and writes of one shard and of the others, 100 of each a second;
 * reads of a server that nothing happens to are the control.
 */
async function startDrill({ cluster, untouched, name }: Ground, options: ClusterDrillOptions): Promise<ClusterDrill> {
  await heal(cluster, options.config)
  const leftovers = new Leftovers()
  const primary = (await cluster.primaries())[options.shard ?? 0] as LabServer
  const replicas = await cluster.replicas(primary)
  const caches = createCaches({ drill: { client: 'cluster', location: cluster.locations, ...options.cache } })
  const { calm } = createCaches({ calm: { location: at(untouched) } })
  await caches.ready()
  await settle(caches.drill, cluster)
  const { writeRate = 100, addressOf = (node) => node.address } = options
  const isOfShard = slotsOf(caches.drill, addressOf(primary))
  const drill = new ClusterDrill({ name, cluster, primary, replicas, isOfShard, leftovers, caches, calm, writeRate })
  await drill.steady()
  return drill
}

/** Brings back what an earlier drill of the file has taken away, and configures all nodes. */
async function heal(cluster: LabCluster, config: ServerConfig = {}): Promise<void> {
  const settings = Object.entries(config).flat().map(String)
  for (const node of cluster.nodes) {
    node.resume()
    await node.start()
    if (settings.length > 0) await node.command('CONFIG', 'SET', ...settings)
  }
  await cluster.settled()
}

/** Writes what is only read from then on; every replica has it. */
async function settle(cache: Cache, cluster: LabCluster): Promise<void> {
  await cache.clear()
  expect(await cache.setMany(settledEntries(), { ttl: '1h' })).toEqual([])
  for (const primary of await cluster.primaries()) await replicasHave(primary, await cluster.replicas(primary))
}

type IsOfShard = (slot: number) => boolean

/** Which slots the shard serves that has this primary. */
function slotsOf(cache: Cache, address: string): IsOfShard {
  const shard = cache.topology().shards.find(({ primary }) => primary === address)
  if (shard === undefined) throw new Error(`${address} is no primary`)
  return (slot) => shard.slots.some(([from, to]) => from <= slot && slot <= to)
}

/** Reads and writes of the shard that something happens to, and of all others. */
const streamNames = ['reads', 'writes', 'otherReads', 'otherWrites'] as const
type StreamName = (typeof streamNames)[number]
type Streams<T> = Readonly<Record<StreamName, T>>

function each<T>(of: (name: StreamName) => T): Streams<T> {
  const [reads, writes, otherReads, otherWrites] = streamNames.map(of) as [T, T, T, T]
  return { reads, writes, otherReads, otherWrites }
}

/** What a fault came to. Gaps are the longest time without a success since the fault, less the machine's doing. */
export interface ClusterOutcome {
  readonly reports: Streams<TrafficReport>
  readonly gaps: Streams<number>
  readonly failures: Streams<Readonly<Record<string, number>>>
  readonly faultAt: number
  /**
   * The machine's doing since the fault, in ms: twice the longest time without a read of the untouched server, or that a
   * live node took to answer the test itself, as what is judged takes two round trips where such a read takes one.
   */
  readonly machine: number
  /** When replicas of the shard said for the first time that they are primary. */
  readonly promotions: readonly Promotion[]
  /** How long the nodes themselves refused all keys, in ms. */
  readonly refusal: number
  /** When the acknowledged writes were acknowledged that the cluster does not have. */
  readonly lostAt: readonly number[]
}

interface DrillParts {
  readonly name: string
  readonly cluster: LabCluster
  readonly primary: LabServer
  readonly replicas: readonly LabServer[]
  readonly isOfShard: IsOfShard
  readonly leftovers: Leftovers
  readonly caches: Caches<'drill'>
  readonly calm: Cache
  readonly writeRate: number
}

/** One cache on a cluster, under load while something breaks. */
export class ClusterDrill {
  readonly cluster: LabCluster
  /** Of the shard that something happens to, as it begins. */
  readonly primary: LabServer
  readonly replicas: readonly LabServer[]
  readonly cache: Cache
  readonly streams: Streams<Traffic>
  readonly #parts: DrillParts
  readonly #roles: RoleWatch
  readonly #watch: ClusterWatch
  readonly #ledger: Ledger
  readonly #control: Traffic
  readonly #unhandled: unknown[] = []
  readonly #catch = (reason: unknown): unknown => this.#unhandled.push(reason)
  #faultAt = 0

  constructor(parts: DrillParts) {
    const { cluster, primary, replicas, caches, calm } = parts
    this.#parts = parts
    this.cluster = cluster
    this.primary = primary
    this.replicas = replicas
    this.cache = caches.drill
    this.#ledger = new Ledger(caches.drill)
    this.#roles = RoleWatch.start([primary, ...replicas], primary)
    this.#watch = new ClusterWatch(cluster)
    process.on('unhandledRejection', this.#catch)
    this.#control = startTraffic({ rate: 250, operation: () => calm.get('k') })
    this.streams = {
      reads: this.#read(true),
      writes: this.#write(true),
      otherReads: this.#read(false),
      otherWrites: this.#write(false),
    }
  }

  /** A key of the struck shard. */
  get key(): string {
    return `settled:${this.#numbers('settled', true, settledCount).next().value}`
  }

  /** Resolves when all is well and has been for a moment. */
  async steady(): Promise<void> {
    await this.goOn(20)
    expect(this.cache.topology().state).toBe('steady')
  }

  /** Resolves when these streams have succeeded this often from now on. */
  async goOn(operations: number, names: readonly StreamName[] = streamNames): Promise<void> {
    const goals = names.map((name) => [this.streams[name], this.streams[name].succeeded + operations] as const)
    const reached = (): boolean => goals.every(([stream, goal]) => stream.succeeded >= goal)
    await eventually(reached, { timeout: 20_000 })
  }

  /** Breaks something; what is felt is counted from here. */
  async strike(fault: (drill: ClusterDrill) => unknown): Promise<void> {
    this.#faultAt = performance.now()
    await fault(this)
  }

  /** Resolves when the struck shard has another primary, for the cache too, and all has gone well there for a while. */
  async switched(): Promise<void> {
    const addresses = new Set(this.replicas.map(({ address }) => address))
    const switched = (): boolean =>
      this.cache.topology().shards.some(({ primary }) => primary !== undefined && addresses.has(primary))
    await eventually(switched, { timeout: 30_000 })
    await this.goOn(30)
  }

  /** Ends it: nothing is left unsettled, nothing wrong was read, nothing stays alive. */
  async finish(): Promise<ClusterOutcome> {
    const [reports, control] = await this.#stop()
    const lost = await this.#ledger.lost()
    const { name, caches, leftovers, cluster } = this.#parts
    await caches.close()
    const { refusal, slowest } = await this.#watch.stop(this.#faultAt)
    const machine = 2 * Math.max(control.longestGapSince(this.#faultAt), slowest)
    const outcome: ClusterOutcome = {
      reports,
      gaps: each((stream) => Math.max(0, reports[stream].longestGapSince(this.#faultAt) - machine)),
      failures: each((stream) => Object.fromEntries(reports[stream].failures)),
      faultAt: this.#faultAt,
      machine,
      promotions: await this.#roles.stop(),
      refusal,
      lostAt: lost.map((entry) => entry.at),
    }
    console.info(inWords(name, outcome))
    expect(
      each((stream) => reports[stream].unsettled),
      'unsettled',
    ).toEqual(each(() => 0))
    expect(this.#ledger.wrong, 'values that nobody wrote').toEqual([])
    expect(this.#unhandled, 'unhandled rejections').toEqual([])
    await leftovers.gone(cluster.nodes)
    return outcome
  }

  /** Stops whatever a failed test left running. */
  abandon(): void {
    process.off('unhandledRejection', this.#catch)
    void this.#roles.stop()
    void this.#watch.stop()
    for (const stream of [...streamNames.map((name) => this.streams[name]), this.#control])
      void stream.stop({ settleWithin: 0 })
    this.#parts.calm.destroy()
    this.cache.destroy()
  }

  async #stop(): Promise<readonly [Streams<TrafficReport>, TrafficReport]> {
    const stops = each((name) => this.streams[name].stop())
    const control = await this.#control.stop()
    await Promise.all(streamNames.map((name) => stops[name]))
    await this.#parts.calm.close()
    return [each((name) => this.streams[name].report()), control]
  }

  #read(ofShard: boolean): Traffic {
    const numbers = [...this.#numbers('settled', ofShard, settledCount)]
    return startTraffic({ rate: 200, operation: (n) => this.#ledger.readSettled(numbers[n % numbers.length] ?? 0) })
  }

  #write(ofShard: boolean): Traffic {
    const numbers = this.#numbers('write', ofShard, Infinity)
    const operation = (): Promise<void> => this.#ledger.write(Number(numbers.next().value))
    return startTraffic({ rate: this.#parts.writeRate, operation })
  }

  /** The numbers below `end` whose keys of this name lie in the struck shard, or in the others. */
  *#numbers(name: string, ofShard: boolean, end: number): Generator<number, void> {
    for (let n = 0; n < end; n++)
      if (this.#parts.isOfShard(slotOf(this.cache.makeKey(`${name}:${n}`))) === ofShard) yield n
  }
}

/** Writes were back soon after a replica said that it is primary. */
export function expectEager({ promotions, reports, machine, faultAt }: ClusterOutcome): void {
  const [first] = promotions
  if (first === undefined) throw new Error('no node said that it became primary')
  const back = Math.max(0, reports.writes.gapAfter(first.at) - machine)
  console.info(`promoted after ${Math.round(first.at - faultAt)} ms, writes back ${Math.round(back)} ms later`)
  expect(back, 'writes back after the replica said that it is primary').toBeLessThanOrEqual(150)
}

/** Nothing failed but writes that were on their way to the primary that was lost. */
export function expectOnlyInterrupted({ failures }: Pick<ClusterOutcome, 'failures'>): void {
  const { E_INTERRUPTED: _, ...writes } = failures.writes
  expect({ ...failures, writes }, 'failures').toEqual(each(() => ({})))
}

/** No call failed, and no acknowledged write was lost. */
export function expectServed({ failures, lostAt }: ClusterOutcome): void {
  expect(failures, 'failures').toEqual(each(() => ({})))
  expect(lostAt, 'acknowledged writes that were lost').toEqual([])
}

/** Nobody noticed anything in the other shards. */
export function expectOthersUnnoticed({ gaps, failures }: ClusterOutcome): void {
  expect([failures.otherReads, failures.otherWrites], 'failures of other shards').toEqual([{}, {}])
  expect(Math.max(gaps.otherReads, gaps.otherWrites), 'longest pause of other shards').toBeLessThanOrEqual(50)
}

function inWords(name: string, { gaps, reports, refusal, machine, lostAt }: ClusterOutcome): string {
  const of = (stream: StreamName): string => {
    const { issued, failures } = reports[stream]
    return `${stream} ${Math.round(gaps[stream])} ms (${issued}, failed ${JSON.stringify([...failures])})`
  }
  const pauses = `pauses: ${streamNames.map(of).join(', ')}, the machine's doing ${Math.round(machine)} ms`
  return `${name}: ${pauses}; the nodes refused for ${Math.round(refusal)} ms; acknowledged and lost: ${lostAt.length}`
}
