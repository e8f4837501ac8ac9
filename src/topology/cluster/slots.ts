import type { SlotRange } from './source.js'

/** How many slots a cluster has. */
export const slotCount = 16_384

export function isSlot(value: unknown): value is number {
  return Number.isInteger(value) && (value as number) >= 0 && (value as number) < slotCount
}

export function hasSlot(ranges: readonly SlotRange[], slot: number): boolean {
  return ranges.some(([from, to]) => from <= slot && slot <= to)
}

/** The same slots in ascending order; adjacent ranges are one. */
export function joined(ranges: readonly SlotRange[]): readonly SlotRange[] {
  const result: [number, number][] = []
  for (const [from, to] of ranges.toSorted(([one], [other]) => one - other)) {
    const last = result.at(-1)
    if (last === undefined || from > last[1] + 1) result.push([from, to])
    else last[1] = Math.max(last[1], to)
  }
  return result
}

export function withSlot(ranges: readonly SlotRange[], slot: number): readonly SlotRange[] {
  return joined([...ranges, [slot, slot]])
}

export function withoutSlot(ranges: readonly SlotRange[], slot: number): readonly SlotRange[] {
  return ranges.flatMap(([from, to]): readonly SlotRange[] => {
    if (slot < from || slot > to) return [[from, to]]
    const parts: readonly SlotRange[] = [
      [from, slot - 1],
      [slot + 1, to],
    ]
    return parts.filter(([first, last]) => first <= last)
  })
}

export function countSlots(ranges: readonly SlotRange[]): number {
  return ranges.reduce((sum, [from, to]) => sum + to - from + 1, 0)
}
