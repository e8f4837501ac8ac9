import type { FrameFields, Freshness } from '../../codec/frame.js'
import { readTagField } from '../../codec/tag-field.js'
import { isPromise } from '../../promises.js'
import type { TagNumbers, TagQuestion } from '../tags/tag-numbers.js'
import type { NearStore } from './near-store.js'
import type { ReadInFlight } from './reads-in-flight.js'

/** How a value with these tags is held. */
export interface Tagged {
  /** How long it is fresh, as its tags have it. */
  readonly freshness: Freshness | undefined
  /** The keys of its tags; the value is held for as long as none of them changes. */
  readonly keys: readonly string[]
}

/** What one call reads of tags, for values that are to be held: each tag is under way from before it is asked for. */
export class TagReadsInFlight {
  readonly #store: NearStore
  readonly #tags: TagNumbers
  readonly #question: TagQuestion
  readonly #reads = new Map<string, ReadInFlight>()

  constructor(store: NearStore, tags: TagNumbers, question: TagQuestion) {
    this.#store = store
    this.#tags = tags
    this.#question = question
  }

  /** Asks for tags. That their servers are away is told when a value is judged by them. */
  async learn(tags: readonly string[]): Promise<void> {
    const { marks, version } = this.#question
    const missing = marks.missing(tags)
    if (missing.length === 0) return
    const keys = this.#tags.keysOf(missing, version)
    missing.forEach((tag, index) => this.#reads.set(tag, this.#store.watch(keys[index] as string)))
    await this.#tags.learn(missing, this.#question)
  }

  /** How a value is held; `undefined` where something is not known of its tags, or has happened to them since. */
  of(key: string, fields: FrameFields): Tagged | undefined {
    if (fields.tagField === undefined) return { freshness: fields.freshness, keys: [] }
    const { tags } = readTagField(fields.tagField)
    if (!tags.every((tag) => this.#reads.get(tag)?.valid === true)) return undefined
    const freshness = this.#freshnessOf(key, fields)
    return freshness && { freshness, keys: this.#tags.keysOf(tags, this.#question.version) }
  }

  end(): void {
    for (const read of this.#reads.values()) this.#store.end(read)
  }

  #freshnessOf(key: string, fields: FrameFields): Freshness | undefined {
    try {
      const freshness = this.#tags.freshnessOf(key, fields, this.#question)
      if (!isPromise(freshness)) return freshness
      freshness.then(undefined, () => {})
      return undefined
    } catch {
      return undefined
    }
  }
}
