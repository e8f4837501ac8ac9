import { expect, test } from 'vitest'
import { behindLocks } from '../../src/cache/fleet/fleet-writes.js'
import { incrementExisting } from '../../src/clients/commands/counters.js'
import { unlink } from '../../src/clients/commands/strings.js'

const lockOf = ({ keys }: { readonly keys: readonly string[] }): readonly string[] =>
  keys.flatMap((key) => (key === 'c' ? [] : [`lock of ${key}`]))

test('a write that is divided has the lock of each key before the key, and counts keys only', () => {
  const { divide } = behindLocks(unlink(['a', 'b', 'c']), lockOf)
  const { calls, join } = divide?.() ?? { calls: [], join: () => undefined }
  expect(calls.map(({ args }) => args)).toStrictEqual([
    ['UNLINK', 'lock of a'],
    ['UNLINK', 'a'],
    ['UNLINK', 'lock of b'],
    ['UNLINK', 'b'],
    ['UNLINK', 'c'],
  ])
  expect(join([1, 1, 1, 0, 1])).toBe(2)
})

test('a write of one key is what it was', () => {
  const call = incrementExisting('a', 1)
  expect(behindLocks(call, lockOf)).toBe(call)
})
