import { describe, expect, test } from 'vitest'
import { KeyError } from '../../src/index.js'
import { tagsOf } from '../../src/cache/tags/tag-names.js'

const longest = 'x'.repeat(65_535)
const manyTags = Array.from({ length: 20 }, (_, n) => `t${n}`)

describe('tags', () => {
  test.for<[what: string, tags: Iterable<string>, each: readonly string[]]>([
    ['none', [], []],
    ['a few, one of them twice', ['b', 'a', 'b'], ['b', 'a']],
    ['many, all of them twice', [...manyTags, ...manyTags], manyTags],
    ['a set', new Set(['a', 'b']), ['a', 'b']],
    ['the longest', [longest], [longest]],
    ['a pair of surrogates', ['😀'], ['😀']],
  ])('are taken, each once: %s', ([, tags, each]) => {
    expect(tagsOf(tags)).toStrictEqual(each)
  })

  test.for<[what: string, tag: unknown]>([
    ['empty', ''],
    ['no text', 7],
    ['longer than 65,535 bytes', `${longest}x`],
    ['longer in bytes than in characters', 'é'.repeat(32_768)],
    ['half a pair of surrogates', '\uD83D'],
  ])('are refused: %s', ([, tag]) => {
    expect(() => tagsOf(['a', tag as string])).toThrow(KeyError)
  })

  test('are not the characters of a text', () => {
    expect(() => tagsOf('author')).toThrow(TypeError)
  })
})
