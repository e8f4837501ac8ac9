import { expect, test } from 'vitest'
import { matchesGlob } from '../../src/keys/glob.js'

test.for<[pattern: string, fitting: readonly string[], others: readonly string[]]>([
  ['abc', ['abc'], ['ab', 'abcd', '']],
  ['*', ['', 'a', 'a*'], []],
  ['a*', ['a', 'ab'], ['', 'ba']],
  ['*a', ['a', 'ba', 'aa'], ['ab']],
  ['a*b*c', ['abc', 'axbxbc'], ['acb', 'ab']],
  ['a?c', ['abc', 'a?c'], ['ac', 'abbc']],
  ['[a-c]x', ['ax', 'cx'], ['dx', 'x']],
  ['[c-a]', ['b'], ['d']],
  ['[^a-c]', ['d', '^'], ['a', '']],
  ['[\\]]', [']'], ['\\']],
  ['[\\-a]', ['-', 'a'], ['b']],
  ['[a', ['a'], ['[a', 'b']],
  ['[]', [], ['', ']']],
  ['\\*', ['*'], ['a', '\\*']],
  ['\\[a]', ['[a]'], ['a']],
  ['a\\', ['a\\'], ['a']],
  ['é?', ['éа'], ['e?']],
])('%s fits %o and not %o', ([pattern, fitting, others]) => {
  for (const text of fitting) expect([text, matchesGlob(pattern, text)]).toStrictEqual([text, true])
  for (const text of others) expect([text, matchesGlob(pattern, text)]).toStrictEqual([text, false])
})

test('a pattern of many stars takes no more than its share of time', () => {
  expect(matchesGlob(`${'a*'.repeat(50)}b`, 'a'.repeat(20_000))).toBe(false)
})
