import { expect, test as base } from 'vitest'
import { createCaches, type Cache, type CacheOptions, type Caches } from '../../src/index.js'
import {
  eventually,
  startLab,
  startTraffic,
  type GroupOptions,
  type Lab,
  type LabGroup,
  type LabServer,
  type Traffic,
  type TrafficReport,
} from '../../src/lab/index.js'
import { at } from './caches.js'
import { Leftovers } from './leftovers.js'
import { Ledger, settledValues } from './ledger.js'
import { patienceOf, usual } from './patience.js'
import { PrimaryWatch, type Named } from './primary-watch.js'
import { RoleWatch, type Promotion } from './role-watch.js'

/** The sentinels' down-after-milliseconds, in ms. */
export const downAfter = 1_000

export interface DrillOptions {
  readonly group?: GroupOptions
  readonly cache?: CacheOptions | ((group: LabGroup) => CacheOptions)
  /** Writes a second. @default 100 */
  readonly writeRate?: number
  /** Comes before the cache is made. */
  readonly before?: (group: LabGroup) => unknown
}

/** Tests of faults: a lab and a server that nothing happens to for the file, and drills that end with the test. */
export const test = base
  // oxlint-disable-next-line no-empty-pattern -- vitest reads a fixture's needs from this pattern
  .extend('lab', { scope: 'file' }, async ({}, { onCleanup }) => {
    const lab = await startLab()
    onCleanup(() => lab.stop())
    return lab
  })
  .extend('untouched', { scope: 'file' }, ({ lab }) => lab.server())
  .extend('drill', ({ lab, untouched, task }, { onCleanup }) => {
    const started: Drill[] = []
    onCleanup(() => started.forEach((drill) => drill.abandon()))
    return async (options: DrillOptions = {}): Promise<Drill> => {
      const drill = await startDrill({ lab, untouched, name: task.name }, options)
      started.push(drill)
      return drill
    }
  })

/** Where a drill takes place. */
interface Ground {
  readonly lab: Lab
  readonly untouched: LabServer
  readonly name: string
}

/**
 * A group of 1 + 2 + 3 and a cache of client 'sentinel' on it; 100 settled reads, 100 reads of own writes and 100 writes
 * a second, and reads of a server that nothing happens to as the control.
 */
async function startDrill({ lab, untouched, name }: Ground, options: DrillOptions): Promise<Drill> {
  const leftovers = new Leftovers()
  const group = await lab.group({ downAfter, ...options.group })
  const primary = await group.primary()
  await options.before?.(group)
  const watch = await PrimaryWatch.start(group)
  const caches = createCaches({
    drill: {
      location: group.location,
      client: 'sentinel',
      sentinels: group.sentinelAddresses,
      clientName: 'drill',
      ...(typeof options.cache === 'function' ? options.cache(group) : options.cache),
    },
  })
  const { calm } = createCaches({ calm: { location: at(untouched) } })
  await primary.command('MSET', ...settledValues(caches.drill))
  await primary.command('WAIT', group.nodes.length - 1, 5_000)
  const writeRate = options.writeRate ?? 100
  const drill = new Drill({ name, group, primary, watch, leftovers, caches, calm, writeRate })
  await drill.steady()
  return drill
}

/** The streams of one drill. */
interface Streams<T> {
  readonly reads: T
  readonly ownReads: T
  readonly writes: T
}

interface Reports extends Streams<TrafficReport> {
  readonly control: TrafficReport
}

/** What a fault came to. Gaps are the longest time without a success, less the machine's doing. */
export interface Outcome extends Streams<TrafficReport> {
  readonly name: string
  readonly faultAt: number
  /**
   * The machine's doing, in ms: twice the longest time without a read of the untouched server since the fault, as what is
   * judged takes two round trips where such a read takes one; and for how much longer than the usual 50 ms the cache
   * waits for a reply, having seen round trips that took longer.
   */
  readonly machine: number
  readonly readGap: number
  readonly ownReadGap: number
  readonly writeGap: number
  /** Failovers that the sentinels made known. */
  readonly changes: readonly Named[]
  /** For each: how long after it the next write was acknowledged. */
  readonly backAfter: readonly number[]
  /** When nodes said for the first time that they are primary. */
  readonly promotions: readonly Promotion[]
  /** When the acknowledged writes were acknowledged that the last primary does not have. */
  readonly lostAt: readonly number[]
  /** Reads of an acknowledged write that found nothing. */
  readonly missed: number
  /** The epochs of the cache's own 'primary-changed' events. */
  readonly epochs: readonly number[]
}

interface DrillParts {
  readonly name: string
  readonly group: LabGroup
  readonly primary: LabServer
  readonly watch: PrimaryWatch
  readonly leftovers: Leftovers
  readonly caches: Caches<'drill'>
  readonly calm: Cache
  readonly writeRate: number
}

/** One cache under load while something breaks. */
export class Drill implements Streams<Traffic> {
  readonly group: LabGroup
  readonly primary: LabServer
  readonly caches: Caches<'drill'>
  readonly cache: Cache
  readonly reads: Traffic
  readonly ownReads: Traffic
  readonly writes: Traffic
  readonly #name: string
  readonly #watch: PrimaryWatch
  readonly #roles: RoleWatch
  readonly #leftovers: Leftovers
  readonly #ledger: Ledger
  readonly #calm: Cache
  readonly #control: Traffic
  readonly #epochs: number[] = []
  readonly #unhandled: unknown[] = []
  readonly #catch = (reason: unknown): unknown => this.#unhandled.push(reason)
  #faultAt = 0
  #patience = usual

  constructor({ name, group, primary, watch, leftovers, caches, calm, writeRate }: DrillParts) {
    this.#name = name
    this.group = group
    this.primary = primary
    this.#watch = watch
    this.#leftovers = leftovers
    this.caches = caches
    this.#calm = calm
    this.cache = caches.drill
    const ledger = (this.#ledger = new Ledger(caches.drill))
    this.#roles = RoleWatch.start(group.nodes, primary)
    process.on('unhandledRejection', this.#catch)
    this.cache.on('primary-changed', ({ epoch }) => this.#epochs.push(epoch))
    this.#control = startTraffic({ rate: 250, operation: () => calm.get('k') })
    this.reads = startTraffic({ rate: 100, operation: (n) => ledger.readSettled(n) })
    this.ownReads = startTraffic({ rate: 100, operation: (n) => ledger.readOwn(n) })
    this.writes = startTraffic({ rate: writeRate, operation: (n) => ledger.write(n) })
  }

  /** What the sentinels made known since the start. */
  get changes(): readonly Named[] {
    return this.#watch.changes
  }

  /** Resolves when every stream has succeeded this often from now on. */
  goOn(operations: number): Promise<void> {
    return more([this.reads, this.ownReads, this.writes], operations)
  }

  /** As {@link goOn}, while there is nowhere to write. */
  goOnReading(operations: number): Promise<void> {
    return more([this.reads], operations)
  }

  /** Resolves when all is well and has been for a moment. */
  async steady(): Promise<void> {
    await this.goOn(20)
    expect(this.cache.topology()).toMatchObject({ state: 'steady', primary: this.primary.address })
  }

  /** Breaks something; what is felt is counted from here. */
  async strike(fault: (drill: Drill) => unknown): Promise<void> {
    this.#faultAt = performance.now()
    this.#patience = patienceOf(this.cache)
    await fault(this)
  }

  /** Resolves when the sentinels have named another primary, and all has gone well there for a while. */
  switched(): Promise<void> {
    return this.replaced(this.primary)
  }

  /** As {@link switched}, for a later primary. */
  async replaced({ address }: LabServer): Promise<void> {
    await eventually(() => this.#watch.primary !== address, { timeout: 30_000 })
    // A cache that hears no message asks every 5.5 s at the latest.
    await eventually(() => this.cache.topology().primary === this.#watch.primary, { timeout: 10_000 })
    await this.goOn(50)
  }

  /**
   * Ends it: nothing is left unsettled, nothing wrong was read, nothing stays alive.
   * Where Sentinel fails over once more, and the cache or the sentinels are ahead, the other is awaited: before the
   * streams end, and after what was lost is known.
   */
  async finish(): Promise<Outcome> {
    await this.#agreed()
    const streams = await this.#stop()
    const lost = await this.#ledger.lost()
    await this.#agreed()
    await this.#watch.stop()
    await this.caches.close()
    return this.#judge(
      streams,
      lost.map(({ at }) => at),
    )
  }

  /** Resolves when the cache has gone through the last failover that a sentinel made known, and is ahead of none. */
  async #agreed(): Promise<void> {
    const agree = (): boolean => {
      const { epoch: named, changes } = this.#watch
      const epoch = this.cache.topology().epoch ?? 0
      return epoch === named || (epoch < named && (changes.length === 0 || this.#epochs.includes(named)))
    }
    await eventually(agree, { timeout: 10_000 })
  }

  /** Ends it by closing the caches in the middle of everything; resolves with how long that took, less the machine's doing, in ms. */
  async closeNow(): Promise<number> {
    const startedAt = performance.now()
    await this.caches.close()
    const took = performance.now() - startedAt
    const { machine } = await this.#judge(await this.#stop(), [])
    return took - machine
  }

  async #stop(): Promise<Reports> {
    const stops = [this.reads.stop(), this.ownReads.stop(), this.writes.stop(), this.#control.stop()] as const
    const [reads, ownReads, writes, control] = await Promise.all(stops)
    await this.#calm.close()
    return { reads, ownReads, writes, control }
  }

  async #judge({ reads, ownReads, writes, control }: Reports, lostAt: readonly number[]): Promise<Outcome> {
    const machine = 2 * control.longestGapSince(this.#faultAt) + this.#patience - usual
    const changes = await this.#watch.stop()
    const gap = (report: TrafficReport): number => Math.max(0, report.longestGapSince(this.#faultAt) - machine)
    const outcome: Outcome = {
      name: this.#name,
      reads,
      ownReads,
      writes,
      faultAt: this.#faultAt,
      machine,
      readGap: gap(reads),
      ownReadGap: gap(ownReads),
      writeGap: gap(writes),
      changes,
      promotions: await this.#roles.stop(),
      backAfter: changes.map(({ at }) => Math.max(0, writes.gapAfter(at) - machine)),
      lostAt,
      missed: this.#ledger.missed,
      epochs: this.#epochs,
    }
    console.info(inWords(outcome))
    const unsettled = [reads, ownReads, writes].map((report) => report.unsettled)
    expect(unsettled, 'unsettled reads, own reads and writes').toEqual([0, 0, 0])
    expect(this.#ledger.wrong, 'values that nobody wrote').toEqual([])
    expect(this.#unhandled, 'unhandled rejections').toEqual([])
    await this.#leftovers.gone([...this.group.nodes, ...this.group.sentinels])
    return outcome
  }

  /** Stops whatever a failed test left running. */
  abandon(): void {
    process.off('unhandledRejection', this.#catch)
    void this.#watch.stop()
    void this.#roles.stop()
    const streams = [this.reads, this.ownReads, this.writes, this.#control]
    for (const stream of streams) void stream.stop({ settleWithin: 0 })
    this.#calm.destroy()
    this.cache.destroy()
  }
}

async function more(streams: readonly Traffic[], operations: number): Promise<void> {
  const goals = streams.map(({ succeeded }) => succeeded + operations)
  const reached = (): boolean => streams.every(({ succeeded }, index) => succeeded >= (goals[index] ?? 0))
  await eventually(reached, { timeout: 20_000 })
}

/**
 * Writes came back soon after the first sentinel that named the new primary, for each failover of the run, and the cache
 * never stepped back. How long the servers took themselves is judged by medians only, in the long run.
 */
export function expectSwitched({ changes, backAfter, faultAt, machine, lostAt, epochs }: Outcome): void {
  const last = changes.at(-1)
  if (last === undefined) throw new Error('no sentinel named another primary')
  expect(Math.max(...backAfter), 'writes back after a sentinel named the new primary').toBeLessThanOrEqual(250)
  expect(epochs, 'epochs that the cache went through').toEqual(
    [...new Set(epochs)].toSorted((one, other) => one - other),
  )
  expect(epochs.at(-1)).toBe(last.epoch)
  const odd = lostAt.filter((at) => at < faultAt - 1_000 || at > last.at + 250 + machine)
  expect(odd, 'lost before the fault or after the switch').toEqual([])
}

/**
 * Writes went on at the new primary soon after it said that it is one, about a second before a sentinel named it.
 * Only the first promotion counts where Sentinel fails over twice in a row.
 */
export function expectEager({ promotions, writes, machine, faultAt }: Outcome): void {
  const [first] = promotions
  if (first === undefined) throw new Error('no node said that it became primary')
  const back = Math.max(0, writes.gapAfter(first.at) - machine)
  console.info(`promoted after ${round(first.at - faultAt)} ms, writes back ${round(back)} ms later`)
  expect(back, 'writes back after the candidate said that it is primary').toBeLessThanOrEqual(150)
}

/** Reads of settled values went on all the time. */
export function expectReadsWent({ reads, readGap }: Outcome): void {
  expect(Object.fromEntries(reads.failures), 'failed reads').toEqual({})
  expect(readGap, 'longest pause of reads').toBeLessThanOrEqual(150)
}

/** Everything succeeded, nothing was lost, and what uses the primary did not pause. */
export function expectServed({
  reads,
  ownReads,
  writes,
  ownReadGap,
  writeGap,
  changes,
  lostAt,
  missed,
}: Outcome): void {
  const failures = [reads, ownReads, writes].map((report) => Object.fromEntries(report.failures))
  expect(failures, 'failed reads, own reads and writes').toEqual([{}, {}, {}])
  expect(Math.max(ownReadGap, writeGap), 'longest pause of own reads and writes').toBeLessThanOrEqual(150)
  expect({ changes, lostAt, missed }).toEqual({ changes: [], lostAt: [], missed: 0 })
}

/** Nobody noticed: no error, no pause, no failover, nothing lost. */
export function expectUnnoticed(outcome: Outcome): void {
  expectServed(outcome)
  expectReadsWent(outcome)
}

function inWords(outcome: Outcome): string {
  const { name, changes, backAfter, faultAt, machine, reads, ownReads, writes, lostAt, missed, epochs } = outcome
  const named = changes.map(
    ({ at, epoch }, index) =>
      `epoch ${epoch} named after ${round(at - faultAt)}, writes back ${round(backAfter[index] ?? 0)} later`,
  )
  const gaps = `gaps: reads ${round(outcome.readGap)}, own reads ${round(outcome.ownReadGap)}, writes ${round(outcome.writeGap)}, the machine's doing ${round(machine)} ms`
  const failed = `failed: ${[reads, ownReads, writes].map(({ failed, issued }) => `${failed} of ${issued}`).join(', ')}`
  const through = `epochs of the cache: ${epochs.join(', ')}`
  return `${name}: ${[...named, through, gaps, failed, `acknowledged and lost: ${lostAt.length}, own reads that missed: ${missed}`].join('; ')}`
}

function round(ms: number): number {
  return Math.round(ms)
}
