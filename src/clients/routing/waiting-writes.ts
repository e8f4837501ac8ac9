import { Lane, type InLine } from './lane.js'

/** The writes that wait for a node, by key and in their order: a read waits for the older ones of its keys only. */
export class WaitingWrites {
  readonly #ofKeys = new Map<string, Lane<Place>>()

  /** @returns its places, for {@link remove} */
  add(sequence: number, keys: readonly string[]): readonly Place[] {
    return (keys.length === 0 ? [everyKey] : keys).map((key) => {
      const place = new Place(sequence, key)
      let writes = this.#ofKeys.get(key)
      if (writes === undefined) this.#ofKeys.set(key, (writes = new Lane()))
      writes.add(place)
      return place
    })
  }

  remove(places: readonly Place[]): void {
    for (const place of places) {
      const writes = this.#ofKeys.get(place.key)
      writes?.remove(place)
      if (writes?.size === 0) this.#ofKeys.delete(place.key)
    }
  }

  /** Whether a write of one of these keys is older than the call of this sequence. */
  hasOlder(keys: readonly string[], sequence: number): boolean {
    if (this.#ofKeys.size === 0) return false
    return this.#isOlder(everyKey, sequence) || keys.some((key) => this.#isOlder(key, sequence))
  }

  #isOlder(key: string, sequence: number): boolean {
    const first = this.#ofKeys.get(key)?.first
    return first !== undefined && first.sequence < sequence
  }
}

/** One key of one write that waits. */
class Place implements InLine<Place> {
  readonly sequence: number
  readonly key: string
  before: Place | undefined
  after: Place | undefined

  constructor(sequence: number, key: string) {
    this.sequence = sequence
    this.key = key
    this.before = undefined
    this.after = undefined
  }
}

export type { Place }

/** Stands for a write without keys, which touches all; no key of a server is empty here. */
const everyKey = ''
