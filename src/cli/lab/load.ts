import type { Cache } from '../../cache/cache.js'
import { CacheError } from '../../errors.js'
import { monotonicClock, type Milliseconds } from '../../units.js'
import { Meter, type Reading } from './meter.js'

/** What the load of the lab has seen so far. */
export interface LoadReading {
  readonly reads: Reading
  readonly writes: Reading
  readonly acknowledged: number
  /** Acknowledged writes that were looked for at the primary, and how many of them were not there. */
  readonly checked: number
  readonly lost: number
}

type Used = Pick<Cache, 'get' | 'set' | 'getMany'>

/** Steady reads and writes; every acknowledged write is looked for later. */
export class Load {
  readonly #cache: Used
  readonly #reads = new Meter(monotonicClock.now())
  readonly #writes = new Meter(monotonicClock.now())
  readonly #timers: readonly NodeJS.Timeout[]
  #unchecked: { readonly n: number; readonly at: Milliseconds }[] = []
  #next = 0
  #latest = 0
  #acknowledged = 0
  #checked = 0
  #lost = 0
  #checking = false

  /** @param fail called with what is no failure of a call */
  constructor(cache: Used, fail: (error: Error) => void) {
    this.#cache = cache
    const every = (time: Milliseconds, work: () => Promise<unknown>): NodeJS.Timeout =>
      setInterval(() => void work().catch(fail), time)
    this.#timers = [every(period, () => this.#issue()), every(checkPeriod, () => this.#check())]
  }

  read(): LoadReading {
    const now = monotonicClock.now()
    return {
      reads: this.#reads.read(now),
      writes: this.#writes.read(now),
      acknowledged: this.#acknowledged,
      checked: this.#checked,
      lost: this.#lost,
    }
  }

  /** Forgets the longest gaps. */
  reset(): void {
    this.#reads.reset()
    this.#writes.reset()
  }

  stop(): void {
    for (const timer of this.#timers) clearInterval(timer)
  }

  #issue(): Promise<unknown> {
    const n = this.#next++
    const write = this.#measure(this.#writes, async () => {
      await this.#cache.set(keyOf(n), n, { ttl })
      this.#latest = n
      this.#acknowledged += 1
      this.#unchecked.push({ n, at: monotonicClock.now() })
    })
    const read = this.#measure(this.#reads, () => this.#cache.get(keyOf(this.#latest)))
    return Promise.all([write, read])
  }

  async #measure(meter: Meter, call: () => Promise<unknown>): Promise<void> {
    const begun = monotonicClock.now()
    try {
      await call()
      meter.succeeded(monotonicClock.now(), monotonicClock.now() - begun)
    } catch (error) {
      if (!(error instanceof CacheError)) throw error
      meter.failed()
    }
  }

  /** Looks for the writes of a while ago; while there is no primary they wait, but none until it could have expired. */
  async #check(): Promise<void> {
    if (this.#checking) return
    this.#checking = true
    const now = monotonicClock.now()
    this.#unchecked = this.#unchecked.filter(({ at }) => at > now - ttl / 2)
    const due = this.#unchecked.filter(({ at }) => at <= now - checkAfter).slice(0, mostChecked)
    try {
      const found = await this.#cache.getMany(
        due.map(({ n }) => keyOf(n)),
        { readFrom: 'primary', deadline: '500ms' },
      )
      this.#unchecked = this.#unchecked.slice(due.length)
      this.#checked += due.length
      this.#lost += due.length - found.size
    } catch (error) {
      if (!(error instanceof CacheError)) throw error
    } finally {
      this.#checking = false
    }
  }
}

function keyOf(n: number): string {
  return `lab:${n}`
}

/** Between two writes, and between two reads, in ms. */
const period: Milliseconds = 5
const checkPeriod: Milliseconds = 250
/** A write is looked for when a failover of which it knew nothing would be over. */
const checkAfter: Milliseconds = 3_000
const mostChecked = 500
const ttl: Milliseconds = 600_000
