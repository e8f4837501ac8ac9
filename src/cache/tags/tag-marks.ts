import type { TagMark } from '../../clients/commands/tags.js'

/** Why a tag is not known: its server was away. */
export class Unreached {
  readonly error: unknown

  constructor(error: unknown) {
    this.error = error
  }
}

/** What was learned of a tag; `undefined` where it was never invalidated. */
export type KnownMark = TagMark | undefined | Unreached

/** What one call has learned of tags. */
export class TagMarks {
  readonly #marks = new Map<string, KnownMark>()
  #newest = 0

  /** The greatest number of an invalidation among them, soft ones included; 0 when there is none. */
  get newest(): number {
    return this.#newest
  }

  add(tag: string, mark: KnownMark): void {
    this.#marks.set(tag, mark)
    if (mark === undefined || mark instanceof Unreached) return
    const newest = Math.max(mark.invalid, mark.stale)
    if (Number.isFinite(newest)) this.#newest = Math.max(this.#newest, newest)
  }

  /** Those that were not asked for yet, each once. */
  missing(tags: Iterable<string>): readonly string[] {
    return [...new Set(tags)].filter((tag) => !this.#marks.has(tag))
  }

  /**
   * What was learned of tags; `undefined` when not all of them were asked for.
   * @throws why one of them is not known
   */
  of(tags: readonly string[]): readonly (TagMark | undefined)[] | undefined {
    const marks: (TagMark | undefined)[] = []
    for (const tag of tags) {
      const mark = this.#marks.get(tag)
      if (mark instanceof Unreached) throw mark.error
      if (mark === undefined && !this.#marks.has(tag)) return undefined
      marks.push(mark)
    }
    return marks
  }
}
