import { startStallProbe, type StallProbe } from '../../src/lab/index.js'

interface Sample {
  readonly startedAt: number
  readonly endedAt: number
}

/** How long operations take, failed ones too, less what this process stood still itself. */
export class Latencies {
  readonly #probe: StallProbe
  readonly #samples: Sample[] = []

  constructor(probe: StallProbe = startStallProbe()) {
    this.#probe = probe
  }

  async time<T>(work: () => Promise<T>): Promise<T> {
    const startedAt = performance.now()
    try {
      return await work()
    } finally {
      this.#samples.push({ startedAt, endedAt: performance.now() })
    }
  }

  /** Of the operations that were started in this time: what 99 of 100 took at most, in ms. */
  p99(since: number, until: number = Infinity): number {
    const took = this.#samples
      .filter(({ startedAt }) => startedAt >= since && startedAt < until)
      .map(({ startedAt, endedAt }) => endedAt - startedAt - this.#probe.stalledWithin(startedAt, endedAt))
      .sort((one, other) => one - other)
    const slow = took[Math.ceil(took.length * 0.99) - 1]
    if (slow === undefined) throw new Error('no operation was started in this time')
    return Math.max(0, slow)
  }
}
