import type { Call, Value } from './command.js'

/**
 * One call as several: each is answered on its own, and the answers are one again. A client of many servers splits by
 * server, a cache by size.
 */
export interface Split<Out> {
  readonly calls: readonly Call<unknown>[]
  /** How many items each of them has. */
  readonly sizes: readonly number[]
  readonly join: (answers: readonly unknown[]) => Out
}

/** How large a part may be; one item alone may be larger. */
export interface PartSize {
  readonly items: number
  readonly bytes: number
}

/** What leaves at once of a large call, so that others can pass between its portions. */
export const portion: PartSize = { items: 1_000, bytes: 256 * 1_024 }

/** Up to this size a command that writes members is not split: it is done as a whole or not at all. */
export const whole: PartSize = { items: 10_000, bytes: 1_024 * 1_024 }

/**
 * Cuts items into parts, in their order. What fits into `undivided` is one part.
 * @param together how many items stand together, which are not parted
 */
export function partsOf<Item>(
  items: readonly Item[],
  sizeOf: (item: Item) => number,
  undivided: PartSize = portion,
  together = 1,
): readonly (readonly Item[])[] {
  if (fits(items, sizeOf, undivided)) return [items]
  const parts: (readonly Item[])[] = []
  let [start, bytes] = [0, 0]
  for (let index = 0; index < items.length; index++) {
    const size = sizeOf(items[index] as Item)
    const isFull = index - start + together > portion.items || (index > start && bytes + size > portion.bytes)
    if (isFull && index % together === 0) {
      parts.push(items.slice(start, index))
      start = index
      bytes = 0
    }
    bytes += size
  }
  parts.push(items.slice(start))
  return parts
}

/** How a command of many items is split. */
export interface SplitRule<Item, Answer, Out> {
  /** The bytes that an item takes on the wire, about. */
  readonly size: (item: Item) => number
  readonly make: (part: readonly Item[]) => Call<Answer>
  readonly join: (answers: readonly Answer[]) => Out
  /** Up to this size it stays one command. @default a portion */
  readonly undivided?: PartSize
}

/** Makes a call of each part of the items, and says how their answers are joined. */
export function split<Item, Answer, Out>(items: readonly Item[], rule: SplitRule<Item, Answer, Out>): Split<Out> {
  const parts = partsOf(items, rule.size, rule.undivided)
  const join = rule.join as (answers: readonly unknown[]) => Out
  return { calls: parts.map(rule.make), sizes: parts.map(({ length }) => length), join }
}

/** Joins counts. */
export function total(counts: readonly number[]): number {
  return counts.reduce((sum, count) => sum + count, 0)
}

/** Joins lists, in their order. */
export function concatenated<Item>(lists: readonly (readonly Item[])[]): readonly Item[] {
  return lists.length === 1 ? (lists[0] as readonly Item[]) : ([] as readonly Item[]).concat(...lists)
}

/** The bytes that a word takes on the wire, about: of a short text its letters, which is found out at once. */
export function sizeOf(value: Value): number {
  return typeof value === 'string' && value.length > shortText ? Buffer.byteLength(value) : value.length
}

/** The bytes that a command takes on the wire, about. */
export function sizeOfCall({ args }: Pick<Call<unknown>, 'args'>): number {
  let bytes = 0
  for (const arg of args) bytes += sizeOf(arg)
  return bytes
}

function fits<Item>(items: readonly Item[], size: (item: Item) => number, limit: PartSize): boolean {
  if (items.length > limit.items) return false
  let bytes = 0
  for (const item of items) if ((bytes += size(item)) > limit.bytes) return items.length === 1
  return true
}

const shortText = 64
