import type { CallOptions } from '../../clients/client.js'
import { advanceSequence, markTag, readSequence, type Invalidation } from '../../clients/commands/tags.js'
import type { Value } from '../../clients/command.js'
import { isCall, TaggedAnswer, type TaggedEntry } from '../../clients/commands/answer.js'
import type { Decode } from '../../clients/commands/build.js'
import { get } from '../../clients/commands/strings.js'
import { readFrame, tagsOfFrame, type FrameFields, type Freshness } from '../../codec/frame.js'
import { readTagField, type Tagging } from '../../codec/tag-field.js'
import { toBytes } from '../../codec/value.js'
import { loopClock } from '../../connection/deadlines.js'
import { CodecError } from '../../errors.js'
import type { KeyMaker } from '../../keys/key-maker.js'
import { settleAll } from '../../promises.js'
import { isFresh } from '../freshness.js'
import { leftOf } from '../portions.js'
import type { Runner } from '../runner.js'
import type { ServerTime } from '../server-time.js'
import type { EvictionAdvice } from './eviction-advice.js'
import { isKept } from '../recovery/kept-error.js'
import { KeptInvalidations } from './kept-invalidations.js'
import { OptionalStamps } from './optional-stamps.js'
import { TagReads, type MarksByKey } from './tag-reads.js'
import { TagMarks, Unreached } from './tag-marks.js'
import { freshnessUnder, lasting, markAt } from './validity.js'

/** What a call asks of tags, and what it has learned. */
export interface TagQuestion {
  readonly version: number | undefined
  /** Those of the call, with what is left of its deadline when they are looked at. */
  readonly options: CallOptions
  readonly marks: TagMarks
}

/** A question of which nothing is known yet. @param left the options of the call, with what is left of its deadline */
export function questionOf(version: number | undefined, left: () => CallOptions): TagQuestion {
  return {
    version,
    marks: new TagMarks(),
    get options() {
      return left()
    },
  }
}

/** What tags work with. */
export interface TagNumbersParts {
  /** That of the cache itself: a pipeline's would wait for the pipeline. */
  readonly runner: Runner
  readonly keys: KeyMaker
  readonly time: ServerTime
  readonly advice: EvictionAdvice
  /** Whether a write of a key is kept, and its server does not know yet. */
  readonly isKept: (key: string) => boolean
}

/**
 * The numbers of invalidations, on the servers.
 * Shape: for each prefix and version one key holds the number of the last invalidation, and for each tag that was
 * invalidated a key holds the number of its last one.
 */
export class TagNumbers {
  readonly #parts: TagNumbersParts
  readonly #reads: TagReads
  readonly #kept: KeptInvalidations
  readonly #optional = new OptionalStamps((version, options) => this.stamp(version, options))
  /** The keys of tags of the cache's version. */
  readonly #names = new Map<string, string>()

  constructor(parts: TagNumbersParts) {
    this.#parts = parts
    this.#kept = new KeptInvalidations(parts.isKept)
    this.#reads = new TagReads(parts.runner, this.#kept)
  }

  /**
   * The number of the last invalidation, for what is made after this was called. It is read from the primary, whatever
   * the call says of replicas: an older number would make invalid what is not.
   */
  async stamp(version: number | undefined, options: CallOptions): Promise<number> {
    const { runner, advice } = this.#parts
    const sequence = this.#sequenceKey(version)
    advice.look(sequence)
    const begun = loopClock.now()
    const last = await runner.run(readSequence(sequence), { ...options, readFrom: 'primary' })
    return last ?? runner.run(advanceSequence(sequence), leftOf(options, begun))
  }

  /**
   * The same for what is made without it where it cannot be read: resolves to `undefined` then.
   * @throws why it cannot be read, once until it can again
   */
  optionalStamp(version: number | undefined): Promise<number | undefined> {
    return this.#optional.stamp(version)
  }

  /**
   * Reads a value and what is known of tags, in one trip.
   * @param asked what is learned of the tags is added to its marks
   */
  async valueWith(
    key: string,
    decode: Decode,
    tags: readonly string[],
    asked: TagQuestion,
  ): Promise<Value | undefined> {
    const { version, options } = asked
    // Hot path (bench: cache-tags): the tags of all values of a tick are one promise.
    const reading = this.#parts.runner.run(get(key, decode), options)
    const keys = this.keysOf(tags, version)
    const learning = this.#reads.read(keys, options)
    const stored = await reading
    const learned = this.#learn(tags, keys, await learning, asked)
    if (learned !== undefined) await learned
    return stored
  }

  /**
   * How long a value is fresh, as its tags have it: see {@link freshnessUnder}. Asks for what is not known yet of them.
   * @param key its key, as the server knows it
   */
  freshnessOf(
    key: string,
    { freshness = lasting, tagField }: FrameFields,
    asked: TagQuestion,
  ): Freshness | Promise<Freshness> {
    if (tagField === undefined) return freshness
    const tagging = readTagField(tagField)
    const now = this.#parts.time.now(key)
    const marks = asked.marks.of(tagging.tags)
    return now === undefined || marks === undefined
      ? this.#freshnessWhenAsked(key, freshness, tagging, asked)
      : freshnessUnder(marks, tagging.stamp, freshness, now)
  }

  /** Asks for what is not known yet of tags. That their servers are away is told when a value is judged by them. */
  async learn(tags: Iterable<string>, asked: TagQuestion): Promise<void> {
    const missing = asked.marks.missing(tags)
    if (missing.length === 0) return
    const keys = this.keysOf(missing, asked.version)
    await this.#learn(missing, keys, await this.#reads.read(keys, asked.options), asked)
  }

  /**
   * What the answer of a script comes to: asks for the tags of the entries that it found, counts those that are invalid or
   * stale, and sends what follows from that.
   * @param left the options of the call, with what is left of its deadline
   */
  async settle<Out>(
    { entries, settle }: TaggedAnswer<Out>,
    version: number | undefined,
    left: () => CallOptions,
  ): Promise<Out> {
    const asked = questionOf(version, left)
    await this.learn(
      entries.flatMap(({ head }) => tagsOfFrame(toBytes(head))),
      asked,
    )
    const fresh = await settleAll(entries.map((entry) => this.#isFresh(entry, asked)))
    const settled = settle(fresh.filter((one) => !one).length)
    if (!isCall(settled)) return settled
    const answer = await this.#parts.runner.run(settled, left())
    return answer instanceof TaggedAnswer ? this.settle(answer, version, left) : answer
  }

  /**
   * Invalidates tags, which are given by their keys: first a number is made that is greater than all stamps, then each
   * tag gets it. Resolves when all have it. The error says `kept: true` when all that was not done is kept.
   */
  async invalidate(
    keys: readonly string[],
    soft: Invalidation['soft'],
    version: number | undefined,
    options: CallOptions,
  ): Promise<void> {
    const { runner, advice } = this.#parts
    const sequence = this.#sequenceKey(version)
    advice.look(sequence)
    const begun = loopClock.now()
    const keeping = (kept: readonly string[]) => ({ keeps: () => this.#kept.of(sequence, kept, soft) })
    const number = await runner.run({ ...advanceSequence(sequence), ...keeping(keys) }, options)
    const left = leftOf(options, begun)
    const marking = keys.map((key) => runner.run({ ...markTag(key, { number, soft }), ...keeping([key]) }, left))
    const outcomes = await Promise.allSettled(marking)
    const failures = outcomes.filter(({ status }) => status === 'rejected') as readonly PromiseRejectedResult[]
    const first = failures.find(({ reason }) => !isKept(reason)) ?? failures[0]
    if (first !== undefined) throw first.reason
  }

  /** The keys of tags, as the server knows them. */
  keysOf(tags: readonly string[], version: number | undefined): readonly string[] {
    return tags.map((tag) => this.#keyOf(tag, version))
  }

  /** Hot path: the names of keys are kept, for finding the slot of one takes longer than finding its name. */
  #keyOf(tag: string, version: number | undefined): string {
    const { keys } = this.#parts
    if (version !== undefined && version !== keys.version) return keys.beside('tag', tag, version)
    const known = this.#names.get(tag)
    if (known !== undefined) return known
    const made = keys.beside('tag', tag, version)
    if (this.#names.size === mostNames) this.#names.clear()
    this.#names.set(tag, made)
    return made
  }

  /** One whose tags cannot be read is there, as every value that cannot be read. */
  async #isFresh({ key, head }: TaggedEntry, asked: TagQuestion): Promise<boolean> {
    try {
      const freshness = await this.freshnessOf(key, readFrame(toBytes(head)), asked)
      return isFresh(freshness, await this.#parts.time.ask(key, asked.options))
    } catch (error) {
      if (error instanceof CodecError) return true
      throw error
    }
  }

  async #freshnessWhenAsked(
    key: string,
    freshness: Freshness,
    { stamp, tags }: Tagging,
    asked: TagQuestion,
  ): Promise<Freshness> {
    await this.learn(tags, asked)
    const now = await this.#parts.time.ask(key, asked.options)
    return freshnessUnder(asked.marks.of(tags) ?? [], stamp, freshness, now)
  }

  /** Notes what was read of tags. Where a soft invalidation has an end, it depends on the time, which may have to be asked. */
  #learn(
    tags: readonly string[],
    keys: readonly string[],
    known: MarksByKey,
    { options, marks }: TagQuestion,
  ): Promise<unknown> | undefined {
    let timed: Promise<void>[] | undefined
    for (let index = 0; index < tags.length; index++) {
      const [tag, key] = [tags[index] as string, keys[index] as string]
      const mark = known.get(key)
      if (mark === undefined || mark instanceof Unreached || mark.goneAt === 0) marks.add(tag, mark)
      else (timed ??= []).push(this.#parts.time.ask(key, options).then((now) => marks.add(tag, markAt(mark, now))))
    }
    return timed && settleAll(timed)
  }

  #sequenceKey(version: number | undefined): string {
    return this.#parts.keys.beside('tags', 'sequence', version)
  }
}

const mostNames = 10_000
