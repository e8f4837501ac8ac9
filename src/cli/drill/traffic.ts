import type { Cache } from '../../cache/cache.js'
import { startStallProbe, type StallProbe } from '../../lab/traffic/stall-probe.js'
import type { TrafficReport } from '../../lab/traffic/report.js'
import { startTraffic, type Traffic } from '../../lab/traffic/traffic.js'
import type { Milliseconds } from '../../units.js'
import { orUndefined } from '../or-undefined.js'
import type { Order } from './order.js'

/** What the traffic of a drill felt. */
export interface Felt {
  readonly reads: number
  readonly writes: number
  /** The longest time without a read that succeeded, in ms. */
  readonly longestReadGap: Milliseconds
  readonly longestWriteGap: Milliseconds
  /** How long this process itself stood still meanwhile, in ms. */
  readonly stall: Milliseconds
  /** Calls that failed, by their codes. */
  readonly errors: Readonly<Record<string, number>>
  /** Writes that were acknowledged, and are not there any more; `undefined` when the primary did not say. */
  readonly lost: number | undefined
  readonly unsettled: number
}

/** Steady reads and writes of keys of its own, which end by themselves where they cannot be deleted. */
export class DrillTraffic {
  readonly #cache: Cache
  readonly #key: (n: number) => string
  readonly #acknowledged: number[] = []
  readonly #probe: StallProbe = startStallProbe()
  readonly #writes: Traffic
  readonly #reads: Traffic

  /** @param holds whether a key, as the server knows it, will do; `undefined`: all will */
  constructor(cache: Cache, holds: Order['holds']) {
    this.#cache = cache
    this.#key = keysThat(cache, holds)
    this.#writes = startTraffic({ rate, operation: (n) => this.#write(n) })
    this.#reads = startTraffic({ rate, operation: () => cache.get(this.#key(this.#acknowledged.at(-1) ?? 0)) })
  }

  /** How many writes have succeeded. */
  get written(): number {
    return this.#writes.succeeded
  }

  /** Now, on the clock of what was felt. */
  mark(): Milliseconds {
    return this.#writes.mark()
  }

  /** Ends it, and deletes its keys. May be called after {@link end}. */
  async close(): Promise<void> {
    const [{ issued }] = await this.#stop()
    const keys = Array.from({ length: issued }, (_, n) => this.#key(n))
    await orUndefined(this.#cache.deleteMany(keys, { deadline: '5s' }))
  }

  /** Ends it, and says what was felt since that moment. */
  async end(since: Milliseconds): Promise<Felt> {
    const stall = this.#probe.longestStallSince(since)
    const [writes, reads] = await this.#stop()
    const errors = new Map(writes.failures)
    for (const [code, count] of reads.failures) errors.set(code, (errors.get(code) ?? 0) + count)
    return {
      reads: reads.succeeded,
      writes: writes.succeeded,
      longestReadGap: reads.longestGapSince(since),
      longestWriteGap: writes.longestGapSince(since),
      stall,
      errors: Object.fromEntries(errors),
      lost: await this.#countLost(),
      unsettled: writes.unsettled + reads.unsettled,
    }
  }

  async #write(n: number): Promise<void> {
    await this.#cache.set(this.#key(n), n, { ttl: '10m' })
    this.#acknowledged.push(n)
  }

  /** Issues no more calls, and waits for those that run. */
  async #stop(): Promise<readonly [writes: TrafficReport, reads: TrafficReport]> {
    this.#probe.stop()
    return Promise.all([this.#writes.stop(), this.#reads.stop()])
  }

  async #countLost(): Promise<number | undefined> {
    const keys = this.#acknowledged.map(this.#key)
    const found = await orUndefined(this.#cache.getMany(keys, { readFrom: 'primary', deadline: '5s' }))
    return found && keys.length - found.size
  }
}

/** Keys of one hash tag that will do; or any. */
function keysThat(cache: Cache, holds: Order['holds']): (n: number) => string {
  const run = Math.random().toString(36).slice(2, 8)
  if (holds === undefined) return (n) => `drill:${run}:${n}`
  let tag = 0
  while (!holds(cache.makeKey(`drill:${run}:{${tag}}:0`))) tag++
  return (n) => `drill:${run}:{${tag}}:${n}`
}

/** Reads and writes per second, each. */
const rate = 200
