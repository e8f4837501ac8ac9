import { AsyncLocalStorage } from 'node:async_hooks'
import { cacheChannel, loadChannel, type CacheTrace, type LoadTrace, type ReadOutcome } from './channels.js'
import { isTraced, trace } from './trace.js'

/** What one cache tells of itself. */
export class CacheTelemetry {
  /** The cache's name. */
  readonly cache: string
  readonly #allows: ((key: string) => boolean) | undefined

  /** @param allows whether a key, as the server knows it, may be told; `undefined`: none may */
  constructor(cache: string, allows?: (key: string) => boolean) {
    this.cache = cache
    this.#allows = allows
  }

  /** The keys that may be told, as a part of the context of a trace. */
  shown(keys: readonly string[]): { readonly keys?: readonly string[] } {
    return this.#allows === undefined ? {} : { keys: keys.filter(this.#allows) }
  }

  /** Takes note of what became of keys that were read. */
  read(outcome: ReadOutcome, count = 1): void {
    if (!isTraced(cacheChannel)) return
    const running = traced.getStore()
    if (running !== undefined) running[outcome] += count
  }

  /** Runs a loader. */
  load(operation: string, key: string, background: boolean, loader: () => unknown): unknown {
    if (!isTraced(loadChannel)) return loader()
    const context: LoadTrace = { cache: this.cache, operation, ...this.shown([key]), background }
    return trace(loadChannel, context, loader)
  }

  /** Tells of a call of a method. What it notes by {@link read}, in whatever it awaits, is its own. */
  traceCall<Out>(operation: string, work: () => Out): Out {
    const context: CacheTrace = { cache: this.cache, operation, near: 0, hits: 0, stale: 0, misses: 0 }
    return trace(cacheChannel, context, () => traced.run(context, work))
  }
}

/** The call that runs; without listeners there is none, and nothing is carried along. */
const traced = new AsyncLocalStorage<CacheTrace>()
