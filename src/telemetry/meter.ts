import { CacheError } from '../errors.js'
import type { Milliseconds } from '../units.js'
import { Histogram, type LatencyStats } from './histogram.js'

/** What was counted of one kind of work. */
export interface MeterStats {
  /** How many have failed. */
  readonly errors: number
  /** How long all of them took, failed ones included. */
  readonly latency: LatencyStats
}

/** Counts work that has ended, and how long it took. */
export class Meter {
  readonly #latency = new Histogram()
  #errors = 0

  get stats(): MeterStats {
    return { errors: this.#errors, latency: this.#latency.stats }
  }

  ended(took: Milliseconds): void {
    this.#latency.record(took)
  }

  failed(took: Milliseconds): void {
    this.#errors++
    this.#latency.record(took)
  }
}

/**
 * Things that are made when they are first asked for, by name. Beyond a bound they take the place of one that is not
 * used, or share one, by the name `other`.
 */
export class Named<Thing> {
  readonly #make: () => Thing
  readonly #isUnused: (thing: Thing) => boolean
  readonly #things = new Map<string, Thing>()

  constructor(make: () => Thing, isUnused: (thing: Thing) => boolean = () => false) {
    this.#make = make
    this.#isUnused = isUnused
  }

  of(name: string): Thing {
    return this.#things.get(name) ?? this.#add(name)
  }

  /** What is made of each. */
  mapped<Out>(map: (thing: Thing) => Out): Readonly<Record<string, Out>> {
    return Object.fromEntries([...this.#things].map(([name, thing]) => [name, map(thing)]))
  }

  #add(name: string): Thing {
    if (this.#things.size >= most && name !== other && !this.#forgetOne()) return this.of(other)
    const thing = this.#make()
    this.#things.set(name, thing)
    return thing
  }

  #forgetOne(): boolean {
    const unused = [...this.#things].find(([name, thing]) => name !== other && this.#isUnused(thing))
    return unused !== undefined && this.#things.delete(unused[0])
  }
}

/**
 * The name under which an error is counted: its code, `ABORTED` for the reason of the caller's signal, `OTHER` for what
 * is not ours.
 */
export function countedAs(error: unknown, signal?: AbortSignal): string {
  if (error instanceof CacheError) return error.code
  return signal?.aborted === true && error === signal.reason ? 'ABORTED' : 'OTHER'
}

const most = 250
const other = 'other'
