/** Slots from the first to the last of them, both included. */
export type SlotRange = readonly [from: number, to: number]

export const slotCount = 16_384

/** Divides all slots evenly, in order. */
export function evenRanges(shards: number): readonly SlotRange[] {
  const start = (index: number): number => Math.round((index * slotCount) / shards)
  return Array.from({ length: shards }, (_, index) => [start(index), start(index + 1) - 1] as const)
}

/** Reads what CLUSTER NODES says: `12` or `12-34`. */
export function parseRange(text: string): SlotRange {
  const [from, to = from] = text.split('-').map(Number) as [number, number?]
  return [from, to as number]
}

export function rangeText([from, to]: SlotRange): string {
  return from === to ? String(from) : `${from}-${to}`
}

/** Every slot of the ranges, in their order. */
export function slotsIn(ranges: readonly SlotRange[]): number[] {
  return ranges.flatMap(([from, to]) => Array.from({ length: to - from + 1 }, (_, offset) => from + offset))
}

/** The fewest ranges that hold these slots. */
export function rangesOf(slots: readonly number[]): readonly SlotRange[] {
  const ranges: [number, number][] = []
  for (const slot of slots.toSorted((one, other) => one - other)) {
    const last = ranges.at(-1)
    if (last && slot <= last[1] + 1) last[1] = slot
    else ranges.push([slot, slot])
  }
  return ranges
}
