import { KeyError } from '../../errors.js'
import type { Key } from '../../keys/key-maker.js'
import { show } from '../../units.js'
import { listOf, pairsOf } from '../input.js'
import type { Loader, LoaderContext, ManyLoader, ManyLoaderContext } from '../options.js'

/**
 * Makes one call of a loader of many values for all loads that begin in one tick. Each of them is a load of its own: it is
 * joined, detached and written back as any other, and its loader waits for its part of what the call gives.
 */
export class LoaderBatch {
  readonly #load: ManyLoader<unknown>
  #begun = new Map<Key, LoaderContext>()
  #values: Promise<ReadonlyMap<string, unknown>> | undefined
  #turns: Promise<unknown>[] = []

  constructor(load: ManyLoader<unknown>) {
    this.#load = load
  }

  loaderOf(key: Key): Loader<unknown> {
    return async (context) => {
      this.#begun.set(key, context)
      const values = await (this.#values ??= this.#call())
      return values.get(String(key))
    }
  }

  /** Puts the call off until a load has its turn, or has none. */
  waitFor(turn: Promise<unknown>): void {
    this.#turns.push(turn)
  }

  async #call(): Promise<ReadonlyMap<string, unknown>> {
    await Promise.resolve() // the others of this tick are added
    if (this.#turns.length > 0) await this.#allTurns()
    const begun = this.#begun
    this.#begun = new Map()
    this.#values = undefined
    const missing = [...begun.keys()]
    return valuesOf(await this.#load(missing, new BatchContext(begun)), missing)
  }

  /** Waits until all turns are decided, and what follows from them has been done. */
  async #allTurns(): Promise<void> {
    const turns = this.#turns
    this.#turns = []
    await Promise.allSettled(turns)
    await new Promise((resolve) => setImmediate(resolve))
  }
}

/** @throws {KeyError} E_KEY for a key that was not asked for: it is no key of these values, as an id would be */
function valuesOf(loaded: Iterable<readonly [Key, unknown]>, missing: readonly Key[]): ReadonlyMap<string, unknown> {
  const asked = new Set(missing.map(String))
  const pairs = pairsOf<Key, unknown>(loaded, 'keys and the values that were loaded for them')
  for (const [key] of pairs)
    if (!asked.has(String(key)))
      throw new KeyError(
        `A loader gave a value for ${show(key)}, which it was not asked for; give those of its keys only.`,
      )
  return new Map(pairs.map(([key, value]) => [String(key), value]))
}

/** What is said of a batch is said to each of its loads. */
class BatchContext implements ManyLoaderContext {
  readonly #contexts: ReadonlyMap<Key, LoaderContext>
  #signal: AbortSignal | undefined
  #stale: ReadonlyMap<Key, unknown> | undefined

  constructor(contexts: ReadonlyMap<Key, LoaderContext>) {
    this.#contexts = contexts
  }

  get signal(): AbortSignal {
    return (this.#signal ??= whenAll(Array.from(this.#contexts.values(), ({ signal }) => signal)))
  }

  get stale(): ReadonlyMap<Key, unknown> {
    return (this.#stale ??= new Map(
      [...this.#contexts].flatMap(([key, { stale }]) => (stale === undefined ? [] : [[key, stale] as const])),
    ))
  }

  readonly setTtl: ManyLoaderContext['setTtl'] = (ttl, key) => {
    for (const context of this.#of(key)) context.setTtl(ttl)
  }

  readonly setTags: ManyLoaderContext['setTags'] = (tags, key) => {
    const list = listOf(tags, 'tags')
    for (const context of this.#of(key)) context.setTags(list)
  }

  readonly skip: ManyLoaderContext['skip'] = (key) => {
    for (const context of this.#of(key)) context.skip()
  }

  /** @throws {KeyError} E_KEY for a key that was not asked for */
  #of(key: Key | undefined): readonly LoaderContext[] {
    if (key === undefined) return [...this.#contexts.values()]
    for (const [asked, context] of this.#contexts) if (String(asked) === String(key)) return [context]
    throw new KeyError(`A loader spoke of ${show(key)}, which it was not asked for.`)
  }
}

/** A signal that aborts when all of these have, with the reason of the last. */
function whenAll(signals: readonly AbortSignal[]): AbortSignal {
  const controller = new AbortController()
  let left = signals.length
  const note = ({ reason }: AbortSignal): void => {
    if (--left === 0) controller.abort(reason)
  }
  for (const signal of signals)
    if (signal.aborted) note(signal)
    else signal.addEventListener('abort', () => note(signal), { once: true })
  return controller.signal
}
