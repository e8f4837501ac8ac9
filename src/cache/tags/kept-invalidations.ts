import {
  advanceSequence,
  markTag,
  softMark,
  unknownMark,
  type Invalidation,
  type TagMark,
} from '../../clients/commands/tags.js'
import type { Execute, KeptWrite } from '../../clients/command.js'

/**
 * The invalidations that are kept through an outage, and run when the servers are back. Until then values with these tags
 * count as invalidated in this process.
 */
export class KeptInvalidations {
  readonly #isKept: (key: string) => boolean
  /** How the tags were invalidated last, by their keys. One of another cache is not known here, and is not soft. */
  readonly #known = new Map<string, Invalidation['soft']>()

  /** @param isKept whether a write of the key is kept */
  constructor(isKept: (key: string) => boolean) {
    this.#isKept = isKept
  }

  /** What counts of a tag in place of what its server says; `undefined` where nothing is kept of it. */
  markOf(key: string): TagMark | undefined {
    if (!this.#isKept(key)) return undefined
    return this.#known.get(key) === undefined ? unknownMark : softMark
  }

  /** What is kept of an invalidation that has failed. The later of two is no weaker than the earlier. */
  of(sequence: string, keys: readonly string[], soft: Invalidation['soft']): readonly KeptWrite[] {
    return keys.map((key) => {
      const meant = this.#isKept(key) ? stronger(this.#known.get(key), soft) : soft
      this.#note(key, meant)
      const send = async (execute: Execute): Promise<void> => {
        const number = await execute(advanceSequence(sequence))
        await execute(markTag(key, { number, soft: meant }))
      }
      return { key, deletes: false, send }
    })
  }

  #note(key: string, soft: Invalidation['soft']): void {
    for (const known of this.#known.keys()) if (!this.#isKept(known)) this.#known.delete(known)
    this.#known.set(key, soft)
  }
}

/** `undefined` is at once, and 0 is never. */
function stronger(one: Invalidation['soft'], other: Invalidation['soft']): Invalidation['soft'] {
  if (one === undefined || other === undefined) return undefined
  return one === 0 || other === 0 ? Math.max(one, other) : Math.min(one, other)
}
