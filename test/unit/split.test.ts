import fc from 'fast-check'
import { expect, test } from 'vitest'
import { partsOf, portion, whole } from '../../src/clients/split.js'

const sizes = fc.array(fc.oneof(fc.nat(10), fc.nat(portion.bytes * 2)), { maxLength: 4_000 })

test('parts are the items in their order, none too large, and none that would have gone into the one before', () => {
  fc.assert(
    fc.property(sizes, (items) => {
      const parts = partsOf(items, (size) => size)
      expect(parts.flat()).toStrictEqual(items)
      const bytes = parts.map((part) => part.reduce((sum, size) => sum + size, 0))
      for (const [index, part] of parts.entries()) {
        expect(
          (part.length <= portion.items && (part.length === 1 || (bytes[index] as number) <= portion.bytes)) ||
            items.length === 0,
        ).toBe(true)
        const first = parts[index + 1]?.[0]
        if (first !== undefined)
          expect(part.length === portion.items || (bytes[index] as number) + first > portion.bytes).toBe(true)
      }
    }),
  )
})

test('what fits into one command stays one, to the last item and byte', () => {
  const items = (count: number): number[] => new Array<number>(count).fill(1)
  expect(partsOf(items(10_000), () => 1, whole)).toHaveLength(1)
  expect(partsOf(items(10_001), () => 1, whole)).toHaveLength(11)
  expect(partsOf(items(4), () => whole.bytes / 4, whole)).toHaveLength(1)
  expect(partsOf(items(4), () => whole.bytes / 4 + 1, whole)).toHaveLength(4)
  expect(partsOf(items(1), () => whole.bytes * 2, whole)).toHaveLength(1)
  expect(partsOf([], () => 1)).toStrictEqual([[]])
})

test('items that stand together are in one part, wherever the parts are cut', () => {
  const all = Array.from({ length: 3_003 }, (_, n) => n)
  for (const size of [1, 700]) {
    const parts = partsOf(all, () => size, undefined, 3)
    expect(parts.flat()).toStrictEqual(all)
    expect(parts.length).toBeGreaterThan(3)
    expect(parts.every(({ length }) => length % 3 === 0 && length <= 1_000)).toBe(true)
  }
})
