import { setTimeout as sleep } from 'node:timers/promises'
import { createCaches, type Cache } from 'valkey-cache'
import { startLab, startTraffic, type Traffic } from 'valkey-cache/lab'
import { Database, Shop } from './shop.js'
import type { Step } from './steps.js'

/** What people felt for a while. */
export interface Felt {
  /** How long pages took, in ms; those that failed count as infinitely long. */
  readonly p50: number
  readonly p99: number
  readonly failed: number
  /** How many items the database was asked for, per second. */
  readonly queries: number
  /** The longest time without an edit that succeeded, in ms, and edits that failed. */
  readonly pauseOfEdits: number
  readonly failedEdits: number
}

export interface Measured {
  /** While all is well. */
  readonly well: Felt
  /** From the kill of a server on; `undefined` where there is none. */
  readonly killed: Felt | undefined
}

/** How long is measured, in s. */
export interface Durations {
  readonly warmUp: number
  readonly well: number
  readonly killed: number
}

/** Runs the application at one step, with servers of its own. */
export async function measure({ open }: Step, durations: Durations): Promise<Measured> {
  await using lab = await startLab()
  const { options, kill } = await open(lab)
  await using caches = options && createCaches({ shop: options }, { logger: silent, closeTimeout: 0 })
  await caches?.ready()
  const load = new Load(caches?.shop)
  try {
    await load.felt(durations.warmUp)
    const well = await load.felt(durations.well)
    if (kill === undefined) return { well, killed: undefined }
    const killed = load.felt(durations.killed)
    await kill()
    return { well, killed: await killed }
  } finally {
    await load.stop()
  }
}

/** Steady requests, whether or not earlier ones are answered. */
class Load {
  readonly #database = new Database()
  readonly #pages: Traffic
  readonly #edits: Traffic
  #times: number[] = []

  constructor(cache: Cache | undefined) {
    const shop = new Shop(cache, this.#database)
    this.#pages = startTraffic({ rate: 800, operation: () => this.#timed(shop.page()) })
    this.#edits = startTraffic({ rate: 50, operation: () => shop.edit() })
  }

  /** What is felt in the next so many seconds. */
  async felt(seconds: number): Promise<Felt> {
    this.#times = []
    const [since, queries, failedEdits] = [this.#edits.mark(), this.#database.queries, this.#edits.failed]
    await sleep(seconds * 1_000)
    const times = this.#times.toSorted((one, other) => one - other)
    const quantile = (share: number): number => times[Math.ceil(times.length * share) - 1] ?? Infinity
    return {
      p50: quantile(0.5),
      p99: quantile(0.99),
      failed: times.filter((took) => took === Infinity).length,
      queries: (this.#database.queries - queries) / seconds,
      pauseOfEdits: this.#edits.report().longestGapSince(since),
      failedEdits: this.#edits.failed - failedEdits,
    }
  }

  /** What is not answered yet is felt by nobody. */
  async stop(): Promise<void> {
    await Promise.all([this.#pages, this.#edits].map((traffic) => traffic.stop({ settleWithin: 0 })))
  }

  async #timed(page: Promise<void>): Promise<void> {
    const begun = performance.now()
    try {
      await page
      this.#times.push(performance.now() - begun)
    } catch {
      this.#times.push(Infinity)
    }
  }
}

const silent = { warn: (): void => {}, error: (): void => {} }
