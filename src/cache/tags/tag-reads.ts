import type { CallOptions } from '../../clients/client.js'
import { readMarks } from '../../clients/commands/tags.js'
import { unreached } from '../../clients/commands/strings.js'
import { concatenated, sizeOf, split } from '../../clients/split.js'
import { isOutage } from '../outage.js'
import type { Runner } from '../runner.js'
import type { KeptInvalidations } from './kept-invalidations.js'
import { Unreached, type KnownMark } from './tag-marks.js'

/** What is known of tags, by their keys as the server knows them. */
export type MarksByKey = ReadonlyMap<string, KnownMark>

/** The keys that are asked for in one tick, and what they hold. */
interface Group {
  readonly keys: Set<string>
  readonly marks: Promise<MarksByKey>
}

/**
 * Reads what is known of tags. Reads of one tick that are alike leave as one, and a tag that many of them ask for is read
 * once: values that came in one reply often have the same tags. Nothing is kept: the read is sent when all have asked.
 */
export class TagReads {
  readonly #runner: Runner
  readonly #kept: KeptInvalidations
  readonly #open = new Map<CallOptions['readFrom'], Group>()

  constructor(runner: Runner, kept: KeptInvalidations) {
    this.#runner = runner
    this.#kept = kept
  }

  /** What it resolves to may reject before anybody waits for it. */
  read(keys: readonly string[], options: CallOptions): Promise<MarksByKey> {
    const { deadline, signal, attemptTimeout, readFrom } = options
    if ((deadline ?? signal ?? attemptTimeout) !== undefined) return observed(this.#ask(keys, options))
    const group = this.#open.get(readFrom) ?? this.#begin(options)
    for (const key of keys) group.keys.add(key)
    return group.marks
  }

  #begin(options: CallOptions): Group {
    const keys = new Set<string>()
    // Asked in the tick itself and not behind it, so that it leaves in the write of the values that are read beside it.
    const marks = new Promise<MarksByKey>((resolve, reject) => {
      process.nextTick(() => {
        this.#open.delete(options.readFrom)
        this.#ask([...keys], options).then(resolve, reject)
      })
    })
    const group = { keys, marks: observed(marks) }
    this.#open.set(options.readFrom, group)
    return group
  }

  /** No server is asked for tags whose invalidation is kept. In an outage the others are not known. */
  async #ask(keys: readonly string[], options: CallOptions): Promise<MarksByKey> {
    const marks = new Map<string, KnownMark>(keys.map((key) => [key, this.#kept.markOf(key)]))
    const asked = keys.filter((key) => marks.get(key) === undefined)
    if (asked.length === 0) return marks
    try {
      for (const [key, mark] of await this.#askServers(asked, options)) marks.set(key, mark)
    } catch (error) {
      if (!isOutage(error)) throw error
      for (const key of asked) marks.set(key, new Unreached(error))
    }
    return marks
  }

  async #askServers(
    keys: readonly string[],
    options: CallOptions,
  ): Promise<readonly (readonly [key: string, mark: KnownMark])[]> {
    let failure: unknown
    const spares = (error: unknown): boolean => {
      failure ??= error
      return isOutage(error)
    }
    const reads = split(keys, { size: sizeOf, make: (part) => readMarks(part, spares), join: concatenated })
    const marks = await this.#runner.runSplit(reads, options)
    return keys.map((key, index) => {
      const mark = marks[index]
      return [key, mark === unreached ? new Unreached(failure) : mark]
    })
  }
}

function observed<Out>(promise: Promise<Out>): Promise<Out> {
  promise.catch(() => {})
  return promise
}
