import fc from 'fast-check'
import { expect, test } from 'vitest'
import { SeenTexts } from '../../src/cache/seen-texts.js'

/** Says of each text of a page whether it is new to a Set. */
function addTo(seen: Set<string>, page: readonly string[]): readonly boolean[] {
  return page.map((text) => {
    const { size } = seen
    return seen.add(text).size > size
  })
}

test('texts are new once, whatever they are and however they come', () => {
  const few = fc.string({ unit: fc.constantFrom('a', 'b', 'é', 'Ł', '\ud83d', '\0'), maxLength: 4 })
  const pages = fc.array(fc.array(fc.oneof(few, fc.string()), { maxLength: 20 }), { maxLength: 8 })
  fc.assert(
    fc.property(pages, (texts) => {
      const [seen, known] = [new SeenTexts(), new Set<string>()]
      expect(texts.map((page) => seen.add(page))).toStrictEqual(texts.map((page) => addTo(known, page)))
    }),
    { numRuns: 50 },
  )
})

test('twenty thousand texts are told apart, and known when they come again in other pages', () => {
  const seen = new SeenTexts()
  const texts = Array.from({ length: 20_000 }, (_, index) => `key:${index}`)
  const answers = (size: number): Set<boolean> => {
    const all = new Set<boolean>()
    for (let at = 0; at < texts.length; at += size) for (const one of seen.add(texts.slice(at, at + size))) all.add(one)
    return all
  }
  expect(answers(1_000)).toStrictEqual(new Set([true]))
  expect(answers(777)).toStrictEqual(new Set([false]))
})
