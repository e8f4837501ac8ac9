import type { Bounds } from './work.js'

/** What is sent together: alike, to one role, with the same limits. */
interface Group<Item> {
  readonly kind: unknown
  readonly bounds: Bounds
  readonly items: Item[]
  /** How many calls its items are. */
  calls: number
}

/**
 * How long calls are gathered: until the tick ends, or the turn of the loop. Replies of several servers that came in one turn set
 * off reads in several ticks.
 */
export type GatheredUntil = 'tick' | 'turn'

/** Gathers what is asked in one tick or turn, by its kind and its bounds, and hands over each group at its end. */
export class TickGroups<Item> {
  readonly #most: number
  readonly #send: (items: readonly Item[], bounds: Bounds) => void
  readonly #until: GatheredUntil
  #groups: Group<Item>[] = []

  /** @param most a group of so many calls is handed over at once */
  constructor(most: number, send: (items: readonly Item[], bounds: Bounds) => void, until: GatheredUntil = 'tick') {
    this.#most = most
    this.#send = send
    this.#until = until
  }

  /**
   * @param bounds without a signal; the deadline of the first of a group is that of all, for they are of one tick or turn
   * @param calls how many calls the item is
   */
  add(item: Item, kind: unknown, bounds: Bounds, calls = 1): void {
    if (this.#groups.length === 0) this.#flushLater()
    const group = this.#find(kind, bounds) ?? this.#open(kind, bounds)
    group.items.push(item)
    group.calls += calls
    if (group.calls >= this.#most) this.#close(group)
  }

  /** Hands over what was gathered so far: what comes now must not overtake it. */
  flush(): void {
    if (this.#groups.length === 0) return
    const groups = this.#groups
    this.#groups = []
    for (const { items, bounds } of groups) this.#send(items, bounds)
  }

  #flushLater(): void {
    if (this.#until === 'turn') setImmediate(this.#flushSoon)
    else process.nextTick(this.#flushSoon)
  }

  readonly #flushSoon = (): void => this.flush()

  #find(kind: unknown, { readFrom, attemptTimeout, own }: Bounds): Group<Item> | undefined {
    for (const group of this.#groups) {
      const alike = group.kind === kind && group.bounds.readFrom === readFrom
      if (alike && group.bounds.attemptTimeout === attemptTimeout && group.bounds.own === own) return group
    }
    return undefined
  }

  #open(kind: unknown, bounds: Bounds): Group<Item> {
    const group: Group<Item> = { kind, bounds, items: [], calls: 0 }
    this.#groups.push(group)
    return group
  }

  #close(group: Group<Item>): void {
    this.#groups = this.#groups.filter((other) => other !== group)
    this.#send(group.items, group.bounds)
  }
}
