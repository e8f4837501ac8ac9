import type { CallOptions } from '../clients/client.js'
import type { Key } from '../keys/key-maker.js'
import { settleAll } from '../promises.js'
import { loadsOf, runnerOf, type CacheParts, type WatchedParts } from './cache-parts.js'
import type { ClientRunner } from './client-runner.js'
import { listOf } from './input.js'
import type { Loads } from './loads/loads.js'
import { Answers, MemoCodec } from './memo.js'
import { MemoNear } from './memo-near.js'
import type { Near } from './near/reads.js'
import type { AllOperations } from './operations/all.js'
import { forClient } from './operations/context.js'
import { getOptions, loadOptions, taggedReadOptions } from './option-checks.js'
import { checkOptions } from './option-table.js'
import {
  noOptions,
  type GetOptions,
  type GetOrSetOptions,
  type InvalidateOptions,
  type Loader,
  type ManyLoader,
  type ReadOptions,
  type TaggedReadOptions,
} from './options.js'
import { TypedCache, type TypedDefinition } from './typed.js'
import { typedParts } from './typed-parts.js'
import type { WriteWatch } from './write-watch.js'

/** What a memo is a view of, and is itself. */
interface Whole extends AllOperations {
  memo(): Whole
  typed<Part, Input, Output>(definition: TypedDefinition<Part, Input, Output>): TypedCache<Part, Input, Output>
  close(): Promise<void>
  destroy(error?: Error): void
}

/** The class of the memos of a class of caches. */
type MemoClass<Of> = new (cache: WatchedParts, loads: Loads, writes: WriteWatch) => Of

/** Makes the class of views that read each key once. It is given the class of caches, which is what makes memos. */
export function memoOf<Of extends Whole>(caches: new (parts: CacheParts) => Of): MemoClass<Of> {
  const Base: new (parts: CacheParts) => Whole = caches

  class Memo extends Base {
    readonly #cache: WatchedParts
    readonly #runner: ClientRunner
    readonly #writes: WriteWatch
    readonly #answers: Answers

    /**
     * @param cache the parts of the cache itself
     * @param loads those of the cache: one loader at a time runs for a key, whatever memo asks
     * @param writes tells of writes through this memo, and through those that were given the same
     */
    constructor(cache: WatchedParts, loads: Loads, writes: WriteWatch) {
      const answers = new Answers(cache.codec)
      const runner = runnerOf({ ...cache, writes })
      const near = cache.near && { ...cache.near, viewOf: (held: Near) => new MemoNear(held, answers) }
      super({ ...cache, codec: new MemoCodec(cache.codec, answers), near, runner, writes, loads })
      writes.add(answers)
      this.#cache = cache
      this.#runner = runner
      this.#writes = writes
      this.#answers = answers
    }

    /** What is stale, and what a call with a `failSafe` of its own reads, is given to who asks, and not remembered. */
    override async get<T>(key: Key, options: GetOptions = noOptions): Promise<T | undefined> {
      checkOptions('get', getOptions, options)
      const limits = forClient(options)
      const made = this.#current(this.makeKey(key, versionOf(options)))
      const read = (): Promise<T | undefined> => super.get<T>(key, options)
      if (options.stale !== true && options.failSafe === undefined) return this.#answers.get(made, limits, read)
      const known = await this.#known<T>(made, options)
      return known === undefined ? read() : known
    }

    override async getMany<T>(keys: Iterable<Key>, options: TaggedReadOptions = noOptions): Promise<Map<Key, T>> {
      checkOptions('getMany', taggedReadOptions, options)
      const limits = forClient(options)
      const asked = this.#asked(keys, options)
      if (options.failSafe !== undefined) return this.#readApart(asked, options)
      const known = asked.map(({ made }) => this.#answers.recall<T>(made, limits))
      const unknown = asked.filter((_, index) => known[index] === undefined)
      const reading = super.getMany<T>(unknown.map(keyOf), options)
      const read = async (key: Key): Promise<T | undefined> => (await reading).get(key)
      const values = settleAll(
        asked.map(({ key, made }, index) => known[index] ?? this.#answers.get(made, limits, () => read(key))),
      )
      await settleAll<unknown>([reading, values])
      return found(asked, await values)
    }

    override async getOrSet<T>(key: Key, loader: Loader<T>, options: GetOrSetOptions = noOptions): Promise<T> {
      checkOptions('getOrSet', loadOptions, options)
      const made = this.#current(this.makeKey(key, versionOf(options)))
      const load = (): Promise<T> => super.getOrSet(key, loader, options)
      if (options.refresh === true) return this.#answers.reload(made, forClient(options), load)
      return this.#answers.load(made, forClient(options), load)
    }

    override async getOrSetMany<T>(
      keys: Iterable<Key>,
      loadMissing: ManyLoader<T | undefined>,
      options: GetOrSetOptions = noOptions,
    ): Promise<Map<Key, T>> {
      checkOptions('getOrSetMany', loadOptions, options)
      const limits = forClient(options)
      const asked = this.#asked(keys, options)
      const known = new Map<Asked, T | undefined>()
      // What is not known may be under way when the rest is: between the last look and the load nothing is waited for.
      if (options.refresh !== true)
        for (let waits = this.#learn(asked, known, limits); waits.length > 0; waits = this.#learn(asked, known, limits))
          await settleAll(waits)
      const unknown = asked.filter((one) => known.get(one) === undefined)
      const loading = super.getOrSetMany<T>(unknown.map(keyOf), loadMissing, options)
      const load = async (key: Key): Promise<T | undefined> => (await loading).get(key)
      const values = settleAll(
        asked.map((one) => {
          const value = known.get(one)
          return value === undefined ? this.#answers.reload(one.made, limits, () => load(one.key)) : value
        }),
      )
      await settleAll<unknown>([loading, values])
      return found(asked, await values)
    }

    /** The loads of the cache hear of it too, and those of its typed caches. */
    override async invalidateTags(tags: Iterable<string>, options: InvalidateOptions = noOptions): Promise<void> {
      const list = listOf(tags, 'tags')
      try {
        await super.invalidateTags(list, options)
      } finally {
        this.#cache.writes.onInvalidation(list)
      }
    }

    override typed<Part, Input, Output>(
      definition: TypedDefinition<Part, Input, Output>,
    ): TypedCache<Part, Input, Output> {
      const parts = typedParts(this.#cache, definition)
      return new TypedCache(new Memo(parts, loadsOf(parts, this.context), this.#writes), definition)
    }

    override close(): Promise<void> {
      this.#answers.clear()
      return Promise.resolve()
    }

    override destroy(): void {
      this.#answers.clear()
    }

    #asked(keys: Iterable<Key>, options: ReadOptions): readonly Asked[] {
      return listOf(keys, 'keys').map((key) => ({ key, made: this.#current(this.makeKey(key, versionOf(options))) }))
    }

    /** Begins to learn what was loaded or read, and is not among what is known yet. */
    #learn<T>(asked: readonly Asked[], known: Map<Asked, T | undefined>, limits: CallOptions): Promise<unknown>[] {
      const waits: Promise<unknown>[] = []
      for (const one of asked) {
        const loaded = known.has(one) ? undefined : this.#answers.loaded<T>(one.made, limits)
        if (loaded !== undefined) waits.push(loaded.then((value) => known.set(one, value)))
      }
      return waits
    }

    /** As `getMany`, of a call with a `failSafe` of its own. */
    async #readApart<T>(asked: readonly Asked[], options: ReadOptions): Promise<Map<Key, T>> {
      const known = await settleAll(asked.map(({ made }) => this.#known<T>(made, options)))
      const unknown = asked.filter((_, index) => known[index] === undefined)
      const read = await super.getMany<T>(unknown.map(keyOf), options)
      const values = asked.map(({ key }, index) => (known[index] === undefined ? read.get(key) : known[index]))
      return found(asked, values)
    }

    /** A call with a `failSafe` of its own does not wait for a read that may end otherwise. */
    #known<T>(made: string, options: ReadOptions): Promise<T | undefined> | undefined {
      const limits = forClient(options)
      return options.failSafe === undefined
        ? this.#answers.recall<T>(made, limits)
        : this.#answers.remembered<T>(made, limits)
    }

    /** A key whose value is still being encoded is about to be written. */
    #current(made: string): string {
      if (this.#runner.waits(made)) this.#answers.onWrite([made])
      return made
    }
  }

  return Memo as unknown as MemoClass<Of>
}

/** A key as it was given, and as the server knows it. */
interface Asked {
  readonly key: Key
  readonly made: string
}

function keyOf({ key }: Asked): Key {
  return key
}

function found<T>(asked: readonly Asked[], values: readonly (T | undefined)[]): Map<Key, T> {
  const pairs = asked.map(({ key }, index) => [key, values[index]] as const)
  return new Map(pairs.filter((pair): pair is readonly [Key, T] => pair[1] !== undefined))
}

function versionOf({ version }: ReadOptions): Pick<ReadOptions, 'version'> {
  return { version }
}
