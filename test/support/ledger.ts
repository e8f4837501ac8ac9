import type { Cache } from '../../src/index.js'

/** A write that was acknowledged. */
interface Entry {
  readonly n: number
  /** When its acknowledgement came, on the clock of performance.now(). */
  readonly at: number
}

/**
 * What was written, each value once and under a key of its own, so that nothing is lost or wrong unnoticed.
 * Shape: `write:<n>` holds `{ n, text }`; `settled:<n>` was there before the fault and never changes.
 */
export class Ledger {
  readonly #cache: Cache
  readonly #acknowledged: Entry[] = []
  readonly #wrong: string[] = []
  #missed = 0

  constructor(cache: Cache) {
    this.#cache = cache
  }

  /** Values that were read and never written there, as texts. */
  get wrong(): readonly string[] {
    return this.#wrong
  }

  /** Reads of an acknowledged write that found nothing: lost by then, or not there yet. */
  get missed(): number {
    return this.#missed
  }

  async write(n: number, deadline = 5_000): Promise<void> {
    await this.#cache.set(`write:${n}`, valueOf(n), { deadline })
    this.#acknowledged.push({ n, at: performance.now() })
  }

  /** Reads one of the values that were there before the fault. */
  async readSettled(n: number): Promise<void> {
    const key = n % settledCount
    this.#judge(`settled:${key}`, key, await this.#cache.get(`settled:${key}`))
  }

  /** Reads one of the last 50 values that were acknowledged; the first ones may have none to read. */
  async readOwn(n: number): Promise<void> {
    const entry = this.#acknowledged.at(-1 - (n % Math.min(50, this.#acknowledged.length)))
    if (entry === undefined) return
    const value = await this.#cache.get(`write:${entry.n}`)
    if (value === undefined) this.#missed += 1
    else this.#judge(`write:${entry.n}`, entry.n, value)
  }

  /** The acknowledged writes that the primary does not have. */
  async lost(): Promise<readonly Entry[]> {
    const keys = this.#acknowledged.map(({ n }) => `write:${n}`)
    const found = await this.#cache.getMany(keys, { readFrom: 'primary', deadline: 5_000 })
    for (const { n } of this.#acknowledged)
      if (found.has(`write:${n}`)) this.#judge(`write:${n}`, n, found.get(`write:${n}`))
    return this.#acknowledged.filter(({ n }) => !found.has(`write:${n}`))
  }

  #judge(key: string, n: number, value: unknown): void {
    const [right, read] = [JSON.stringify(valueOf(n)), JSON.stringify(value)]
    if (read !== right) this.#wrong.push(`${key} is ${read}, not ${right}`)
  }
}

/** The settled values as a server holds them, for one MSET. */
export function settledValues(cache: Cache): readonly string[] {
  return [...settledEntries()].flatMap(([key, value]) => [cache.makeKey(key), JSON.stringify(value)])
}

/** The settled values as a cache takes them. */
export function settledEntries(): ReadonlyMap<string, unknown> {
  return new Map(Array.from({ length: settledCount }, (_, n) => [`settled:${n}`, valueOf(n)]))
}

function valueOf(n: number): unknown {
  return { n, text: `value ${n}` }
}

export const settledCount = 500
