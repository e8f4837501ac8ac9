import type { CallOptions } from '../../clients/client.js'
import { readMarks, type TagMark } from '../../clients/commands/tags.js'
import { concatenated, sizeOf, split } from '../../clients/split.js'
import type { Runner } from '../runner.js'

/** What is known of tags, by their keys as the server knows them. */
export type MarksByKey = ReadonlyMap<string, TagMark | undefined>

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
  readonly #open = new Map<CallOptions['readFrom'], Group>()

  constructor(runner: Runner) {
    this.#runner = runner
  }

  /** @param spares for a client of many servers: whether the tags of one that failed count as invalidated */
  read(keys: readonly string[], options: CallOptions, spares?: (error: unknown) => boolean): Promise<MarksByKey> {
    const { deadline, signal, attemptTimeout, readFrom } = options
    const alone = deadline ?? signal ?? attemptTimeout ?? spares
    if (alone !== undefined) return this.#ask(keys, options, spares)
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
    const group = { keys, marks }
    this.#open.set(options.readFrom, group)
    return group
  }

  async #ask(keys: readonly string[], options: CallOptions, spares?: (error: unknown) => boolean): Promise<MarksByKey> {
    const reads = split(keys, {
      size: sizeOf,
      make: (part) => (spares === undefined ? readMarks(part) : { ...readMarks(part), spares }),
      join: concatenated,
    })
    const marks = await this.#runner.runSplit(reads, options)
    return new Map(keys.map((key, index) => [key, marks[index]]))
  }
}
