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

  /** The greatest number of an invalidation among them; 0 when there is none. */
  get newest(): number {
    return this.#newest
  }

  add(tags: readonly string[], marks: readonly KnownMark[]): void {
    for (const [index, tag] of tags.entries()) {
      const mark = marks[index]
      this.#marks.set(tag, mark)
      if (mark === undefined || mark instanceof Unreached) continue
      if (Number.isFinite(mark.invalid)) this.#newest = Math.max(this.#newest, mark.invalid)
    }
  }

  /** Whether all of these were asked for. */
  has(tags: readonly string[]): boolean {
    return tags.every((tag) => this.#marks.has(tag))
  }

  /** Those that were not asked for yet, each once. */
  missing(tags: Iterable<string>): readonly string[] {
    return [...new Set(tags)].filter((tag) => !this.#marks.has(tag))
  }

  /** @throws why one of them is not known */
  of(tags: readonly string[]): readonly (TagMark | undefined)[] {
    return tags.map((tag) => {
      const mark = this.#marks.get(tag)
      if (mark instanceof Unreached) throw mark.error
      return mark
    })
  }
}
