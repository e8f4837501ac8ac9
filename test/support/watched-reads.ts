import type { Cache, NearStats } from '../../src/index.js'
import { sharedNow } from './shared-clock.js'

/** Where numbers are read. */
export interface NumberSource {
  /** Resolves to the number under a key; `undefined` where there is none, or where it cannot be read. */
  read(key: string): Promise<number | undefined>
  /** What a near cache has counted; `undefined` where there is none. */
  near(): NearStats | undefined
}

/** A read that found a number. */
export interface WatchedRead {
  readonly key: string
  readonly number: number
  /** When it was asked for, on the clock of `sharedNow()`, in ms. */
  readonly at: number
  /** How long the answer took, in ms. */
  readonly took: number
}

/** A near cache dropped copies at once between these times, in ms, as above. */
export interface WatchedFlush {
  readonly notBefore: number
  readonly notAfter: number
}

/** What a cache gives; a read that takes too long counts for nothing, so that outages hold up no other reads. */
export function numbersOf(cache: Cache): NumberSource {
  return {
    read: (key) => cache.get<number>(key, { deadline: 200 }).catch(() => undefined),
    near: () => cache.stats().near,
  }
}

/** Reads the numbers under some keys every 2 ms, and notes what was found, and when. */
export class WatchedReads {
  readonly reads: WatchedRead[] = []
  readonly flushes: WatchedFlush[] = []
  /** The greatest number that was read. */
  newest = 0
  readonly #source: NumberSource
  readonly #keys: readonly string[]
  readonly #timer: NodeJS.Timeout
  readonly #running = new Set<Promise<void>>()
  #flushed: number
  #lookedAt = sharedNow()

  constructor(source: NumberSource, keys: readonly string[]) {
    this.#source = source
    this.#keys = keys
    this.#flushed = this.#countFlushes()
    this.#timer = setInterval(() => this.#readAll(), 2)
  }

  /** How many reads were answered, from memory where there is a near cache. */
  get served(): number {
    return this.#source.near()?.hits ?? this.reads.length
  }

  /** Resolves when the last read is over. */
  async stop(): Promise<void> {
    clearInterval(this.#timer)
    await Promise.all(this.#running)
  }

  #readAll(): void {
    this.#look()
    for (const key of this.#keys) {
      const reading = this.#read(key).finally(() => this.#running.delete(reading))
      this.#running.add(reading)
    }
  }

  #look(): void {
    const now = sharedNow()
    const flushed = this.#countFlushes()
    if (flushed > this.#flushed) this.flushes.push({ notBefore: this.#lookedAt, notAfter: now })
    this.#flushed = flushed
    this.#lookedAt = now
  }

  #countFlushes(): number {
    return Object.values(this.#source.near()?.flushes ?? {}).reduce((sum, count) => sum + count, 0)
  }

  async #read(key: string): Promise<void> {
    const at = sharedNow()
    const number = await this.#source.read(key)
    if (number === undefined) return
    this.newest = Math.max(this.newest, number)
    this.reads.push({ key, number, at, took: sharedNow() - at })
  }
}
