import { mayHaveTags, type LoadTags } from '../tags/load-tags.js'

/**
 * After which invalidations a load begins. Until its loader begins anybody may join the load, whatever invalidation they
 * have seen; from then on those only who have seen none that is newer.
 */
export class LoadStamp {
  /** What the load knows of tags; `undefined` where its value can have none. */
  readonly tags: LoadTags | undefined
  /** The number of the last invalidation before the loader began, as the server said. */
  #number: number | undefined
  /** The greatest number that a caller had seen who joined before the loader began. */
  #seen: number
  #begun = false
  /** How often somebody told of an invalidation before the loader began. */
  #told = 0
  /** The tags that this process has invalidated since the loader began, in that order. */
  readonly #invalidated = new Set<string>()

  constructor(tags: LoadTags | undefined) {
    this.tags = tags !== undefined && mayHaveTags(tags) ? tags : undefined
    this.#seen = tags?.seen ?? 0
  }

  /** What the value is stamped with; `undefined` where the number was not read. */
  get number(): number | undefined {
    return this.#number
  }

  /** Grows when what was learned for the load before may be older than an invalidation that somebody knows of. */
  get told(): number {
    return this.#told
  }

  /** How many tags were invalidated in this process since the loader began. */
  get invalidated(): number {
    return this.#invalidated.size
  }

  /**
   * Whether a caller who has seen the invalidation of this number may join: the loader begins after it, or the value has no
   * tags. Before the loader begins the number is noted.
   */
  admits(number: number): boolean {
    if (this.tags === undefined) return true
    if (!this.#begun && number > this.#seen) {
      this.#seen = number
      this.#told++
    }
    return number <= Math.max(this.#seen, this.#number ?? 0)
  }

  /** Reads the number. Where there was an invalidation meanwhile it is read once more, or the value would be invalid. */
  async read({ readStamp }: Pick<LoadTags, 'readStamp'>): Promise<void> {
    const told = this.#told
    this.#number = await readStamp(false)
    if (this.#number === undefined || (told === this.#told && this.#number >= this.#seen)) return
    this.#number = await readStamp(true)
  }

  /** Told just before the loader begins. */
  begin(): void {
    this.#begun = true
  }

  /**
   * Told of an invalidation in this process. Returns whether later callers may join the load, as far as that is known
   * before the loader has said all its tags.
   * @param said what the loader has tagged its value with so far
   */
  invalidate(tags: readonly string[], said: readonly string[] = []): boolean {
    const own = this.tags
    if (own === undefined) return true
    if (!this.#begun) {
      this.#told++
      return true
    }
    if (tags.some((tag) => own.given.includes(tag) || said.includes(tag))) return false
    if (own.open) for (const tag of tags) this.#invalidated.add(tag)
    return this.#invalidated.size <= mostInvalidated
  }

  /**
   * Whether the value has a tag that was invalidated while the loader ran.
   * @param before among the first so many that were
   */
  isInvalid(said: readonly string[] = [], before: number = this.#invalidated.size): boolean {
    if (before === 0) return false
    const first = [...this.#invalidated].slice(0, before)
    return first.some((tag) => said.includes(tag))
  }
}

/** How many invalidated tags are kept in mind for a load; with more it takes no new callers. */
const mostInvalidated = 1_000
