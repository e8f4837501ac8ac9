import { unknownMark, type TagMark } from '../../clients/commands/tags.js'

/** What one call has learned of tags. */
export class TagMarks {
  readonly #marks = new Map<string, TagMark | undefined>()
  #newest = 0

  /** The greatest number of an invalidation among them; 0 when there is none. */
  get newest(): number {
    return this.#newest
  }

  add(tags: readonly string[], marks: readonly (TagMark | undefined)[]): void {
    for (const [index, tag] of tags.entries()) {
      const mark = marks[index]
      this.#marks.set(tag, mark)
      if (mark !== undefined && Number.isFinite(mark.invalid)) this.#newest = Math.max(this.#newest, mark.invalid)
    }
  }

  /** Takes tags that cannot be read for invalidated now. */
  addUnknown(tags: Iterable<string>): void {
    for (const tag of this.missing(tags)) this.#marks.set(tag, unknownMark)
  }

  /** Whether all of these were asked for. */
  has(tags: readonly string[]): boolean {
    return tags.every((tag) => this.#marks.has(tag))
  }

  /** Those that were not asked for yet, each once. */
  missing(tags: Iterable<string>): readonly string[] {
    return [...new Set(tags)].filter((tag) => !this.#marks.has(tag))
  }

  of(tags: readonly string[]): readonly (TagMark | undefined)[] {
    return tags.map((tag) => this.#marks.get(tag))
  }
}
