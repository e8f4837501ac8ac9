import type { CacheOptions } from '../../src/index.js'
import { eventually } from '../../src/lab/index.js'
import { Acknowledged } from './staleness.js'
import { StampedWriter } from './stamped-writer.js'
import { WatchedReads, type NumberSource } from './watched-reads.js'

/**
 * The keys that are read, with the least time between two of their writes, in ms: near caches hold hardly anything of
 * the first, and the last one all the time.
 */
const keys = { a: 5, b: 20, c: 100, d: 300, e: 1_000_000 }

/** What a run has seen. */
export interface StalenessOutcome<Name extends string> {
  readonly acknowledged: Acknowledged
  /** What was read at each source. */
  readonly watched: Readonly<Record<Name, WatchedReads>>
}

/** Sources of this process are read all the time, while another process writes. */
export class StalenessRun<Name extends string> {
  readonly #writer: StampedWriter
  readonly #watched: Record<Name, WatchedReads>

  private constructor(sources: Readonly<Record<Name, NumberSource>>, writer: StampedWriter) {
    this.#writer = writer
    const watch = (source: NumberSource): WatchedReads => new WatchedReads(source, Object.keys(keys))
    const watched = Object.entries<NumberSource>(sources).map(([name, source]) => [name, watch(source)])
    this.#watched = Object.fromEntries(watched) as Record<Name, WatchedReads>
  }

  /** @param options of the cache of the process that writes */
  static async start<const Name extends string>(
    sources: Readonly<Record<Name, NumberSource>>,
    options: CacheOptions,
  ): Promise<StalenessRun<Name>> {
    return new StalenessRun(sources, await StampedWriter.start({ options, keys }))
  }

  /** Resolves when so many newer numbers were read at each source, and near caches have served copies since. */
  async goOn(numbers = 20): Promise<void> {
    const watched = Object.values<WatchedReads>(this.#watched)
    const before = watched.map(({ newest, served }) => ({ newest, served }))
    const isFurther = ({ newest, served }: WatchedReads, n: number): boolean =>
      newest >= (before[n]?.newest ?? 0) + numbers && served > (before[n]?.served ?? 0)
    await eventually(() => watched.every(isFurther), { timeout: 30_000 })
  }

  async finish(): Promise<StalenessOutcome<Name>> {
    const watched = this.#watched
    await Promise.all(Object.values<WatchedReads>(watched).map((reads) => reads.stop()))
    return { acknowledged: new Acknowledged(await this.#writer.stop()), watched }
  }

  /** Ends the process that writes. */
  kill(): void {
    this.#writer.kill()
  }
}
