import type { Settled } from './calls.js'

/** What became of the increments of one counter, all settled. */
export interface CounterTally {
  readonly acknowledged: number
  /** Rejected, and they may have run. */
  readonly maybe: number
  /** Whether acknowledged increments may have been lost. */
  readonly lossy: boolean
}

/** What is wrong with a counter's value, `undefined` when nothing is. Pure. */
export function judgeCounter(value: number, { acknowledged, maybe, lossy }: CounterTally): string | undefined {
  const most = acknowledged + maybe
  const least = lossy ? 0 : acknowledged
  if (value >= least && value <= most) return undefined
  return `is ${value}: ${acknowledged} increments were acknowledged and ${maybe} more may have run`
}

/** The increments of one counter. */
export class Count {
  readonly key: string
  readonly #outstanding = new Set<Promise<void>>()
  #acknowledged = 0
  #maybe = 0

  constructor(key: string) {
    this.key = key
  }

  add(increment: Promise<Settled<unknown>>): void {
    const tallied = increment.then((settled) => {
      if (settled.ok) this.#acknowledged += 1
      else if (settled.maybe) this.#maybe += 1
      this.#outstanding.delete(tallied)
    })
    this.#outstanding.add(tallied)
  }

  /** Resolves when all of them have settled. */
  async tally(): Promise<Omit<CounterTally, 'lossy'>> {
    await Promise.all(this.#outstanding)
    return { acknowledged: this.#acknowledged, maybe: this.#maybe }
  }
}
