import { setTimeout as sleep } from 'node:timers/promises'
import type { Cache } from '../../../src/index.js'
import { eventually, startStallProbe, type LabGroup, type StallProbe } from '../../../src/lab/index.js'
import { bytesHeld } from '../heap.js'
import { calm } from '../sentinel-log.js'
import { Calls } from './calls.js'
import { faultOf, type Effect } from './faults.js'
import { growth } from './growth.js'
import { Load } from './load.js'
import { NodeWatch } from './node-watch.js'
import type { Weakness } from './order.js'
import { schedule, type Step } from './schedule.js'

/** What chaos works on. */
export interface ChaosParts {
  readonly group: LabGroup
  /** Those that are under load; of `primary` it is known that it reads from the primary only. */
  readonly caches: Readonly<Record<string, Cache>>
  readonly seed: number
}

/** What it came to. */
export interface ChaosReport {
  /** Everything that should not be, with the step in which it was found. */
  readonly problems: readonly string[]
  readonly steps: number
  readonly calls: number
  readonly failures: ReadonlyMap<string, number>
  /** By how much what is held has grown from the first third of the run to the last, in bytes. */
  readonly growth: number
  /** The longest time that a healthy node was refused for, in ms. */
  readonly longestRefusal: number
  /** How long this process stood still at a time, in ms. */
  readonly longestStall: number
}

/** A step that makes promises weaker. */
interface Stretch {
  readonly effect: Effect
  readonly from: number
  readonly to: number
}

/** Random faults on one group, one after the other, under load, and what watches that promises are kept. */
export class Chaos {
  readonly #group: LabGroup
  readonly #caches: readonly Cache[]
  readonly #problems: string[] = []
  readonly #probe: StallProbe = startStallProbe()
  readonly #calls: Calls
  readonly #loads: readonly Load[]
  readonly #watch: NodeWatch
  readonly #schedule: Generator<Step, never>
  readonly #held: number[] = []
  readonly #off: readonly (() => void)[]
  #stretches: Stretch[] = []
  #switches = 0
  #steps = 0
  #what = 'before the first step'

  constructor({ group, caches, seed }: ChaosParts) {
    const report = (problem: string): void => this.#report(problem)
    this.#group = group
    this.#caches = Object.values(caches)
    this.#schedule = schedule(seed)
    this.#calls = new Calls(this.#probe, report)
    this.#watch = new NodeWatch(group.nodes, caches, this.#probe, report)
    this.#loads = Object.entries(caches).map(
      ([name, cache], index) =>
        new Load({ name, cache, readsReplicas: name !== 'primary', calls: this.#calls, report, seed: seed + index }),
    )
    this.#off = this.#caches.map((cache) => cache.on('primary-changed', () => (this.#switches += 1)))
    process.on('unhandledRejection', this.#unhandled)
  }

  /** Goes on for so long, in ms, and ends with a step that is over, or with servers that do not agree any more. */
  async run(duration: number): Promise<ChaosReport> {
    const endsAt = performance.now() + duration
    try {
      do await this.#step(this.#schedule.next().value)
      while (performance.now() < endsAt)
    } catch (error) {
      this.#report(`the servers did not recover: ${String(error)}`)
    } finally {
      this.stop()
    }
    return {
      problems: this.#problems,
      steps: this.#steps,
      calls: this.#calls.made,
      failures: this.#calls.failures,
      growth: growth(this.#held),
      longestRefusal: this.#watch.longest,
      longestStall: this.#probe.longestStall,
    }
  }

  stop(): void {
    this.#loads.forEach((load) => load.stop())
    this.#watch.stop()
    this.#probe.stop()
    this.#off.forEach((off) => off())
    process.off('unhandledRejection', this.#unhandled)
  }

  async #step(step: Step): Promise<void> {
    this.#steps += 1
    this.#what = `step ${this.#steps}, ${step.kind} ${step.target}, surge ${step.surge}`
    const [from, switches] = [performance.now(), this.#switches]
    const fault = await faultOf(step, this.#group)
    await fault.strike()
    await this.#suffer(step)
    await fault.mend()
    await this.#recover()
    const unplanned = this.#switches - switches > (step.kind === 'planned failover' ? this.#caches.length : 0)
    const starved = fault.effect === 'held' && this.#probe.longestStallSince(from) > longestPause
    const effect = unplanned || starved ? 'lossy' : fault.effect
    this.#stretches = [...this.#stretches.slice(-remembered), { effect, from, to: performance.now() }]
    await this.#judge(effect === 'lossy')
    await sleep(step.rest)
  }

  /** The fault lasts; in the middle of it come more callers. */
  async #suffer({ surge, lasts }: Step): Promise<void> {
    await sleep(lasts / 2)
    this.#loads.forEach((load) => load.surge(surge))
    await sleep(lasts / 2)
  }

  /** Until the servers agree, answer others, and what was taken by a way that was cut has arrived. */
  async #recover(): Promise<void> {
    await calm(this.#group, 120_000)
    await eventually(() => this.#watch.allAnswer, { timeout: 20_000 })
    await eventually(() => this.#caches.every((cache) => cache.topology().state === 'steady'), { timeout: 20_000 })
    for (const cache of this.#caches) await eventually(() => cache.set('calm', 1))
  }

  async #judge(lossy: boolean): Promise<void> {
    this.#calls.sweep()
    await Promise.all(this.#loads.map((load) => load.judgeCount(lossy)))
    this.#loads.forEach((load) => load.judgeOrder(weaknessIn(this.#stretches, load)))
    this.#held.push(await bytesHeld())
  }

  readonly #unhandled = (reason: unknown): void => this.#report(`unhandled: ${String(reason)}`)

  #report(problem: string): void {
    const ofStep = this.#problems.filter((known) => known.startsWith(`${this.#what}: `)).length
    if (ofStep < mostOfStep) this.#problems.push(`${this.#what}: ${problem}`)
  }
}

function weaknessIn(stretches: readonly Stretch[], { readsReplicas }: Load): Weakness {
  const isIn = (wanted: Effect, start: number, end: number): boolean =>
    stretches.some(({ effect, from, to }) => effect === wanted && from <= end && to >= start)
  return {
    lossy: (start, end) => isIn('lossy', start, end),
    held: (at) => isIn('held', at, at),
    silent: (at) => readsReplicas && isIn('silent', at, at),
  }
}

/** How many problems of one step are told: one busy moment of the machine must not hide what comes later. */
const mostOfStep = 4
/**
 * When this process stands still for longer, in ms, so may the servers: then replicas are so far behind that an own write
 * is missing there, where it is read while there is no primary, and that one of them is promoted without it.
 */
const longestPause = 50
/** How many stretches of time are kept; reads that are not judged yet are not older. */
const remembered = 20
