import { AsyncLocalStorage } from 'node:async_hooks'
import { CallMeters } from './call-meters.js'
import {
  cacheChannel,
  loadChannel,
  publishEvent,
  type CacheTrace,
  type LoadTrace,
  type ReadOutcome,
} from './channels.js'
import { markOf, type Marked } from './identity.js'
import { Meter } from './meter.js'
import { isTraced, trace } from './trace.js'

/** What one cache tells and counts of itself; its views and typed caches share it. */
export class CacheTelemetry {
  /** The cache's name. */
  readonly cache: string
  /** Tells it from other caches of its name. */
  readonly mark: Marked
  /** The number of the database. */
  readonly database: number | undefined
  /** Of calls to servers. */
  readonly calls: CallMeters = new CallMeters()
  /** Of loaders. */
  readonly loads: Meter = new Meter()
  /** Of times in which writes were held. */
  readonly holds: Meter = new Meter()
  readonly #allows: ((key: string) => boolean) | undefined
  readonly #reads: Record<ReadOutcome, number> = { near: 0, hits: 0, stale: 0, misses: 0 }
  readonly #events: Record<string, number> = {}
  readonly #called = new Float64Array(methods.length)

  /** @param allows whether a key, as the server knows it, may be told; `undefined`: none may */
  constructor(cache: string, allows?: (key: string) => boolean, database?: number) {
    this.cache = cache
    this.database = database
    this.mark = markOf(cache)
    this.#allows = allows
  }

  /** What became of keys that were read. */
  get reads(): Readonly<Record<ReadOutcome, number>> {
    return { ...this.#reads }
  }

  /** How often each topology event happened, of those that did. */
  get events(): Readonly<Record<string, number>> {
    return { ...this.#events }
  }

  /** How often each method was called, of those that were. */
  get methods(): Readonly<Record<string, number>> {
    const called = methods.map((name, number) => [name, this.#called[number] as number] as const)
    return Object.fromEntries(called.filter(([, calls]) => calls > 0))
  }

  /** The keys that may be told, as a part of the context of a trace. */
  shown(keys: readonly string[]): { readonly keys?: readonly string[] } {
    return this.#allows === undefined ? {} : { keys: keys.filter(this.#allows) }
  }

  /** Counts what became of keys that were read. */
  read(outcome: ReadOutcome, count = 1): void {
    this.#reads[outcome] += count
    if (!entered) return
    const running = traced.getStore()
    if (running !== undefined) running[outcome] += count
  }

  /** Runs a loader, and tells of it. */
  load(operation: string, key: string, background: boolean, loader: () => unknown): unknown {
    if (!isTraced(loadChannel)) return loader()
    const context: LoadTrace = { cache: this.cache, operation, ...this.shown([key]), background, ...this.mark }
    return trace(loadChannel, context, loader)
  }

  /** Counts a topology event, and tells of it. */
  event(event: { readonly type: string }): void {
    this.#events[event.type] = (this.#events[event.type] ?? 0) + 1
    publishEvent(this.cache, event)
  }

  /** Counts a call of a method, which is given by its number. */
  called(method: number): void {
    this.#called[method] = (this.#called[method] as number) + 1
  }

  /** Tells of a call of a method. What it counts by {@link read}, in whatever it awaits, is told as its own. */
  traceCall<Out>(operation: string, work: () => Out): Out {
    const context: CacheTrace = { cache: this.cache, operation, near: 0, hits: 0, stale: 0, misses: 0, ...this.mark }
    entered = true
    return trace(cacheChannel, context, () => traced.run(context, work))
  }
}

/** The method that runs; while nobody listens there is none, and nothing is carried along. */
const traced = new AsyncLocalStorage<CacheTrace>()
/** Whether a call was told of so far. Hot path: before that, no read looks for the method that runs. */
let entered = false

/** Gives a method whose calls are counted its number. */
export function numberOf(method: string): number {
  return methods.push(method) - 1
}

/** The methods whose calls are counted, by their numbers: a look into an array costs less than one by name. */
const methods: string[] = []
